//! What is left to a process that renames one file in its current folder and does nothing else.

use super::{SandboxError, calls, clear_bounding_set, files};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// Capabilities that renaming can need in a folder of another user, or one like /tmp (`capabilities(7)`).
const KEPT: CapabilitySet = CapabilitySet::DAC_OVERRIDE.union(CapabilitySet::FOWNER);

/// Gives up everything but renaming and linking files in and below the current folder, and the descriptors that are open.
///
/// # Errors
/// When a capability cannot be given up. What only newer kernels have is no error.
pub fn enter_for_renaming() -> Result<(), SandboxError> {
    let failed = |doing| move |error| SandboxError { doing, error };
    clear_bounding_set();
    let permitted = rustix::thread::capabilities(None).map(|sets| sets.permitted).unwrap_or(CapabilitySet::empty());
    let kept = permitted & KEPT;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    rustix::thread::clear_ambient_capability_set()
        .and_then(|()| rustix::thread::set_capabilities(None, sets))
        .map_err(|error| failed("giving up capabilities")(error.into()))?;
    nix::sys::prctl::set_no_new_privs().map_err(|error| failed("ruling out new privileges")(error.into()))?;
    // Older kernels, or none of them: the process is no less useful, and has no other input than one word.
    let _ = files::shut_but_renaming();
    let _ = calls::limit(&calls::allowed_for_renaming());
    Ok(())
}
