//! No file can be opened any more, and no TCP port (Landlock, `landlock(7)`).

use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus};

/// The newest version of Landlock that is asked for; older kernels do what they can.
const VERSION: ABI = ABI::V5;

/// Shuts the file system: a rule set that allows nothing.
pub(super) fn shut() -> Result<String, String> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(VERSION))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(VERSION)))
        .and_then(Ruleset::create)
        .and_then(|ruleset| ruleset.restrict_self())
        .map_err(|error| error.to_string())?;
    match ruleset.ruleset {
        RulesetStatus::FullyEnforced => Ok("opening files and TCP ports (Landlock)".to_owned()),
        RulesetStatus::PartiallyEnforced => Ok("opening files (Landlock, as far as this kernel has it)".to_owned()),
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock, or it is switched off".to_owned()),
    }
}
