//! No file can be opened any more, no TCP port, and no other process can be reached by a signal or an abstract socket
//! (Landlock, `landlock(7)`).

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

/// One thing that Landlock takes away: what it is, the version that has it, the Linux that has this version.
struct Part {
    what: &'static str,
    version: ABI,
    linux: &'static str,
    take: fn(Ruleset, ABI) -> Result<Ruleset, RulesetError>,
}

/// The rule set allows nothing of what it takes away.
const PARTS: &[Part] = &[
    Part { what: "opening files", version: ABI::V1, linux: "5.13", take: files },
    Part { what: "moving files", version: ABI::V2, linux: "5.19", take: files },
    Part { what: "truncating files", version: ABI::V3, linux: "6.2", take: files },
    Part { what: "device commands", version: ABI::V5, linux: "6.10", take: files },
    Part {
        what: "TCP ports",
        version: ABI::V4,
        linux: "6.7",
        take: |rules, version| rules.handle_access(AccessNet::from_all(version)),
    },
    Part {
        what: "signals to other processes",
        version: ABI::V6,
        linux: "6.12",
        take: |rules, _| rules.scope(Scope::Signal),
    },
    Part {
        what: "abstract Unix sockets",
        version: ABI::V6,
        linux: "6.12",
        take: |rules, _| rules.scope(Scope::AbstractUnixSocket),
    },
];

fn files(rules: Ruleset, version: ABI) -> Result<Ruleset, RulesetError> {
    rules.handle_access(AccessFs::from_all(version))
}

/// What was taken away, and what this kernel has no means to take away.
#[derive(Debug, Default)]
pub(super) struct Shut {
    pub dropped: Vec<&'static str>,
    pub kept: Vec<String>,
}

/// Takes away all that this kernel can.
pub(super) fn shut() -> Result<Shut, String> {
    let words = |error: RulesetError| error.to_string();
    let mut shut = Shut::default();
    let mut rules = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    for part in PARTS {
        let strict = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
        if (part.take)(strict, part.version).is_ok() {
            rules = (part.take)(rules, part.version).map_err(words)?;
            shut.dropped.push(part.what);
        } else {
            shut.kept.push(format!("{} (Landlock of Linux {})", part.what, part.linux));
        }
    }
    if shut.dropped.is_empty() {
        return Err("this kernel has no Landlock, or it is switched off".to_owned());
    }
    let restricted = rules.create().and_then(landlock::RulesetCreated::restrict_self).map_err(words)?;
    match restricted.ruleset {
        RulesetStatus::NotEnforced => Err("this kernel does not enforce Landlock".to_owned()),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(shut),
    }
}

/// Takes away files but for making and removing names in and below the current folder, and everything else.
pub(super) fn shut_but_renaming() -> Result<(), String> {
    let words = |error: RulesetError| error.to_string();
    let here = PathFd::new(".").map_err(|error| error.to_string())?;
    let names = AccessFs::MakeReg | AccessFs::RemoveFile;
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V5)))
        .and_then(|rules| rules.scope(Scope::Signal | Scope::AbstractUnixSocket))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rule(PathBeneath::new(here, names)))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map(|_| ())
        .map_err(words)
}
