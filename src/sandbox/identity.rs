//! Whom root becomes.

use nix::unistd::{Gid, Uid, User, initgroups, setgroups, setresgid, setresuid};
use std::ffi::CString;
use std::fmt;
use std::io;
use std::path::Path;

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

    /// Who called root by `sudo` (or `doas`, which tells the name alone); none if root itself did.
    pub fn invoking() -> Option<Self> {
        if !Uid::effective().is_root() {
            return None;
        }
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
        let identity = match (number("SUDO_UID"), number("SUDO_GID")) {
            (Some(user), Some(group)) => {
                let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
                let name = User::from_uid(user).ok().flatten().map(|user| user.name);
                Some(Self { user, group, name })
            }
            _ => std::env::var("DOAS_USER").ok().and_then(|name| Self::named(&name).ok()),
        };
        identity.filter(|identity| !identity.user.is_root())
    }

    /// Gives it a file that root made for it.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        Ok(nix::unistd::fchownat(
            nix::fcntl::AT_FDCWD,
            path,
            Some(self.user),
            Some(self.group),
            nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW,
        )?)
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
