//! Standard output of the commands that print once, and whether there is one.
//!
//! Rust's runtime opens `/dev/null` in the place of a standard descriptor that is closed, so that no file gets its number. It
//! does so before `main`; from then on nothing tells that what is printed is lost.

use super::{Status, complain};
use anstream::{AutoStream, ColorChoice};
use std::io::{self, ErrorKind, Write};

/// Why nothing can be printed.
const CLOSED: &str = "standard output is closed: nothing can be printed there";

#[cfg(unix)]
mod at_start {
    use std::sync::atomic::{AtomicBool, Ordering};

    static CLOSED: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        let closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        CLOSED.store(closed, Ordering::Relaxed);
    }

    /// Called by the C library's start-up code, before Rust's.
    // SAFETY: the section holds pointers to functions of this type. The function asks the kernel one question and stores the
    // answer in an atomic: it needs nothing that is set up later.
    #[allow(unsafe_code, reason = "there is no later moment at which a closed descriptor can be seen")]
    #[used]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    static LOOK: extern "C" fn() = look;

    pub fn was_closed() -> bool {
        CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(unix))]
mod at_start {
    /// Other systems have no closed standard output.
    pub fn was_closed() -> bool {
        false
    }
}

/// Whether standard output was open when the program started.
pub(super) fn check() -> Result<(), String> {
    if at_start::was_closed() { Err(CLOSED.to_owned()) } else { Ok(()) }
}

/// Prints a text whole. The status is the one given, or trouble if it could not be printed; a reader that has gone is none.
pub(super) fn print(text: &str, choice: ColorChoice, status: Status) -> Status {
    let printed = check().and_then(|()| {
        let mut out = AutoStream::new(io::stdout(), choice);
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(format!("standard output: cannot be written: {error}"))
            }
            _ => Ok(()),
        }
    });
    match printed {
        Ok(()) => status,
        Err(line) => {
            complain(&line);
            Status::Trouble
        }
    }
}
