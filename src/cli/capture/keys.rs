//! Keys of the terminal while lines are printed: `s` asks for a summary.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, read, tcgetpgrp};
use std::io::{IsTerminal, Stdin, stdin};
use std::os::fd::AsFd;

/// Bytes taken at a time; more than a hand types between two looks.
const AT_A_TIME: usize = 64;

/// The keys, where standard input is a terminal and this program is in its foreground.
pub struct Keys {
    /// How the terminal was.
    before: Option<Termios>,
}

impl Keys {
    /// Takes single keys from now on, without an echo. Ctrl-C and the like stay signals.
    pub fn take(wanted: bool) -> Self {
        Self { before: if wanted { single_keys(&stdin()) } else { None } }
    }

    /// Whether `s` was typed since the last question.
    pub fn summary(&self) -> bool {
        let input = stdin();
        if self.before.is_none() || !is_ready(&input) {
            return false;
        }
        let mut typed = [0; AT_A_TIME];
        let length = read(input.as_fd(), &mut typed).unwrap_or(0);
        typed[..length].iter().any(|key| matches!(key, b's' | b'S'))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, before);
        }
    }
}

/// How the terminal was before; none where it is none, or where another program has it.
fn single_keys(input: &Stdin) -> Option<Termios> {
    let ours = input.is_terminal() && tcgetpgrp(input).is_ok_and(|group| group == getpgrp());
    let before = tcgetattr(input).ok().filter(|_| ours)?;
    let mut now = before.clone();
    now.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
    tcsetattr(input, SetArg::TCSADRAIN, &now).ok()?;
    Some(before)
}

fn is_ready(input: &Stdin) -> bool {
    let mut asked = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    poll(&mut asked, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}
