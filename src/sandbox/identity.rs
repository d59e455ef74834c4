//! Whom root becomes.

use nix::unistd::{Gid, Uid, User, initgroups, setgroups, setresgid, setresuid};
use std::ffi::CString;
use std::fmt;
use std::io;

/// User and group `nobody` where the machine has no such name: the number by which Linux itself knows them
/// (`/proc/sys/kernel/overflowuid`).
const NOBODY: u32 = 65_534;

/// A user with the group that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    user: Uid,
    group: Gid,
    name: Option<String>,
}

/// There is no such user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchUser(pub String);

impl fmt::Display for NoSuchUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--user {}: there is no such user on this machine", self.0)
    }
}

impl Identity {
    /// The user with this name or number.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, NoSuchUser> {
        let by_number = || name.parse().ok().and_then(|number| User::from_uid(Uid::from_raw(number)).ok().flatten());
        let user =
            User::from_name(name).ok().flatten().or_else(by_number).ok_or_else(|| NoSuchUser(name.to_owned()))?;
        Ok(Self { user: user.uid, group: user.gid, name: Some(user.name) })
    }

    /// The user without rights of its own.
    pub fn nobody() -> Self {
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        Self::named("nobody").unwrap_or(Self { user, group, name: None })
    }

    /// Who became root by `sudo`, `doas` or `pkexec`; none if root itself runs the program, or nobody who is root.
    pub fn invoking() -> Option<Self> {
        if !Uid::effective().is_root() {
            return None;
        }
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
        let by_number = |user, group| {
            let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
            let name = User::from_uid(user).ok().flatten().map(|user| user.name);
            Self { user, group, name }
        };
        let identity = match (number("SUDO_UID"), number("SUDO_GID")) {
            (Some(user), Some(group)) => Some(by_number(user, group)),
            _ => {
                let variables = ["SUDO_USER", "DOAS_USER", "PKEXEC_UID"];
                variables.into_iter().find_map(|name| Self::named(&std::env::var(name).ok()?).ok())
            }
        };
        identity.filter(|identity| !identity.is_root())
    }

    /// Whether this is root.
    pub fn is_root(&self) -> bool {
        self.user.is_root()
    }

    /// Numbers of its user and group.
    pub fn numbers(&self) -> (u32, u32) {
        (self.user.as_raw(), self.group.as_raw())
    }

    /// Becomes it, for good: real, effective and saved ids, and its groups.
    pub(super) fn assume(&self) -> io::Result<()> {
        match self.name.as_deref().and_then(|name| CString::new(name).ok()) {
            Some(name) => initgroups(&name, self.group)?,
            None => setgroups(&[self.group])?,
        }
        setresgid(self.group, self.group, self.group)?;
        setresuid(self.user, self.user, self.user)?;
        Ok(())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}"),
            None => write!(f, "user {}", self.user),
        }
    }
}
