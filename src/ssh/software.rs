//! The software part of an identification string in (RFC 4253 §4.2), product, version and distribution out.
//! A banner is a claim: what a list says counts more than what a version says (distributions patch without renumbering).

use super::algorithms::OpenSshVersion;

/// An SSH implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the documentation
pub enum Product {
    ApacheMina,
    AsyncSsh,
    Bitvise,
    CiscoIos,
    CiscoIosXr,
    Comware,
    Dropbear,
    Erlang,
    FileZilla,
    GoXCrypto,
    Huawei,
    JSch,
    LibSsh,
    LibSsh2,
    Maverick,
    Mocana,
    NetScreen,
    NodeSsh2,
    OpenSsh,
    Paramiko,
    PuTTY,
    /// MikroTik.
    RouterOs,
    Russh,
    SshNet,
    Tailscale,
    Tectia,
    TinySsh,
    Twisted,
    /// OpenSSH as Microsoft ships it.
    Win32OpenSsh,
    WinScp,
    Unknown,
}

impl Product {
    /// The name for a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApacheMina => "Apache MINA SSHD",
            Self::AsyncSsh => "AsyncSSH",
            Self::Bitvise => "Bitvise",
            Self::CiscoIos => "Cisco IOS",
            Self::CiscoIosXr => "Cisco IOS XR",
            Self::Comware => "Comware",
            Self::Dropbear => "Dropbear",
            Self::Erlang => "Erlang/OTP",
            Self::FileZilla => "FileZilla",
            Self::GoXCrypto => "Go x/crypto/ssh",
            Self::Huawei => "Huawei VRP",
            Self::JSch => "JSch",
            Self::LibSsh => "libssh",
            Self::LibSsh2 => "libssh2",
            Self::Maverick => "Maverick",
            Self::Mocana => "Mocana",
            Self::NetScreen => "NetScreen",
            Self::NodeSsh2 => "Node ssh2",
            Self::OpenSsh => "OpenSSH",
            Self::Paramiko => "Paramiko",
            Self::PuTTY => "PuTTY",
            Self::RouterOs => "MikroTik RouterOS",
            Self::Russh => "russh",
            Self::SshNet => "SSH.NET",
            Self::Tailscale => "Tailscale SSH",
            Self::Tectia => "Tectia",
            Self::TinySsh => "TinySSH",
            Self::Twisted => "Twisted Conch",
            Self::Win32OpenSsh => "OpenSSH for Windows",
            Self::WinScp => "WinSCP",
            Self::Unknown => "unknown",
        }
    }
}

/// An operating system whose builds name themselves in the comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Distribution {
    Debian,
    FreeBsd,
    NetBsd,
    Raspbian,
    Ubuntu,
}

/// What an identification string says about its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Software {
    /// The implementation.
    pub product: Product,
    /// Its version; absent numbers are 0, a date version is (year, month, day).
    pub version: Option<(u16, u16, u16)>,
    /// The `p1` of OpenSSH's portable releases; native OpenBSD has none.
    pub portable_patch: Option<u8>,
    /// The distribution, where the comments name one. RHEL, Fedora, SUSE, Arch and macOS never do.
    pub distribution: Option<Distribution>,
    /// Whether it stands for a switch, a router, a firewall or another appliance.
    pub is_network_gear: bool,
    /// Whether it is a tool that surveys servers and never logs in.
    pub is_scanner: bool,
}

impl Software {
    /// Parses the software version and the comments of an identification string, both without the `SSH-2.0-`.
    pub fn parse(software: &str, comments: Option<&str>) -> Self {
        let comments = comments.unwrap_or_default();
        let (product, rest) = product_of(software, comments);
        let version = match product {
            // The comments name the product, the software field starts with the version.
            Product::Bitvise | Product::Tectia if rest.is_empty() => numbers(software).or_else(|| numbers(comments)),
            Product::Mocana => numbers(comments),
            _ => numbers(rest),
        };
        Self {
            product,
            version,
            portable_patch: portable_patch(product, rest),
            distribution: distribution(comments),
            is_network_gear: is_network_gear(product, software),
            is_scanner: is_scanner(software, comments),
        }
    }

    /// Software of which nothing is known.
    pub fn unknown() -> Self {
        Self::parse("", None)
    }

    /// Whether it is OpenSSH, Microsoft's build included.
    pub fn is_openssh(&self) -> bool {
        matches!(self.product, Product::OpenSsh | Product::Win32OpenSsh)
    }

    /// The OpenSSH version, if it is OpenSSH and says which.
    pub fn openssh_version(&self) -> Option<OpenSshVersion> {
        self.version.filter(|_| self.is_openssh()).map(|(major, minor, _)| OpenSshVersion::new(major, minor))
    }

    /// Whether it may be a build of a distribution that writes the algorithm lists from crypto-policies (RHEL, Fedora,
    /// SUSE): an OpenSSH whose comments name no other distribution.
    pub fn may_follow_crypto_policies(&self) -> bool {
        self.product == Product::OpenSsh && self.distribution.is_none() && !self.is_network_gear
    }

    /// Whether this client asks with the method `none` first to learn the others (RFC 4252 §5.2). Measured with OpenSSH 9.2,
    /// dbclient 2022.83, plink 0.78, asyncssh 2.24 and ssh2js 1.17 (yes), paramiko 5.1 (no); `None` where the application decides.
    pub fn probes_with_none(&self) -> Option<bool> {
        match self.product {
            Product::OpenSsh
            | Product::Win32OpenSsh
            | Product::Dropbear
            | Product::PuTTY
            | Product::WinScp
            | Product::FileZilla
            | Product::AsyncSsh
            | Product::JSch
            | Product::GoXCrypto
            | Product::SshNet
            | Product::NodeSsh2 => Some(true),
            Product::Paramiko => Some(false),
            _ => None,
        }
    }
}

/// Prefixes of the software version in lower case. The first that fits wins, so `libssh2` stands before `libssh`.
const PREFIXES: &[(&str, Product)] = &[
    ("openssh_for_windows", Product::Win32OpenSsh),
    ("openssh", Product::OpenSsh),
    ("dropbear", Product::Dropbear),
    ("tinyssh", Product::TinySsh),
    ("putty", Product::PuTTY),
    ("winscp", Product::WinScp),
    ("filezilla", Product::FileZilla),
    ("libssh2", Product::LibSsh2),
    ("libssh", Product::LibSsh),
    ("paramiko", Product::Paramiko),
    ("asyncssh", Product::AsyncSsh),
    ("jsch", Product::JSch),
    ("russh", Product::Russh),
    ("renci.sshnet", Product::SshNet),
    ("ssh2js", Product::NodeSsh2),
    ("cisco-2", Product::CiscoIosXr),
    ("cisco", Product::CiscoIos),
    ("rosssh", Product::RouterOs),
    ("huawei", Product::Huawei),
    ("comware", Product::Comware),
    ("netscreen", Product::NetScreen),
    ("mocana", Product::Mocana),
    ("erlang", Product::Erlang),
    ("twisted", Product::Twisted),
    ("apache-sshd", Product::ApacheMina),
    ("sshd-core-", Product::ApacheMina),
    ("maverick", Product::Maverick),
    ("tailscale", Product::Tailscale),
    ("bitvise", Product::Bitvise),
];

/// Appliances that have no [`Product`] of their own: beginnings of the software version, in lower case.
const GEAR: &[&str] = &[
    "romsshell",
    "ipssh",
    "fortissh",
    "zyxel",
    "cisco_wlc",
    "foundry",
    "lancom",
    "adtran",
    "confd",
    "mpssh",
    "sshield",
    "force10",
    "3com",
    "hp-",
    "arista",
    "data onetap ssh",
    "ilo",
    "idrac",
    "aosssh",
    "yealink",
    "-",
];

/// Survey tools: beginnings of the software version or the comments, in lower case. `Probe-*`, `scanssh` and
/// `SSH_Version_Mapper` are also on OpenSSH's own list (compat.c `SSH_BUG_PROBE`, `SSH_BUG_SCANNER`).
const SCANNERS: &[&str] = &[
    "zgrab",
    "nmap-ssh",
    "probe-",
    "ssh_version_mapper",
    "openssh-keyscan",
    "scanssh",
    "masscan",
    "check_ssh",
    "sshscan",
    "ssh-audit",
];

/// The product and what follows its name in the software version.
fn product_of<'a>(software: &'a str, comments: &str) -> (Product, &'a str) {
    // `SSH-2.0-Go` is x/crypto's constant; a longer word that begins with it is something else.
    if software.eq_ignore_ascii_case("go") {
        return (Product::GoXCrypto, "");
    }
    for (prefix, product) in PREFIXES {
        if let Some(rest) = strip_prefix_ignore_case(software, prefix) {
            // IOS says `Cisco-1.25`, IOS XR `Cisco-2.0`: keep the digit that told them apart.
            let rest = if *product == Product::CiscoIosXr { software.get(6..).unwrap_or_default() } else { rest };
            return (*product, rest);
        }
    }
    let comments = comments.to_ascii_lowercase();
    // `SSH-2.0-8.43 FlowSsh: Bitvise SSH Client`, `SSH-2.0-1.78 sshlib: WinSSHD`, `SSH-2.0-6.4.12.353 SSH Tectia Client`.
    let product = if ["bitvise", "flowssh", "winsshd"].iter().any(|word| comments.contains(word)) {
        Product::Bitvise
    } else if ["tectia", "secure shell"].iter().any(|word| comments.contains(word)) {
        Product::Tectia
    } else {
        Product::Unknown
    };
    (product, "")
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or_default())
}

/// The first numbers of a text: `9.2p1` is (9, 2, 0), `20230101-1` (TinySSH) is (2023, 1, 1).
fn numbers(text: &str) -> Option<(u16, u16, u16)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let text = text.get(start..)?;
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let text = text.get(..end)?;
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some((text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?));
    }
    let mut parts = text.split('.').map(|part| part.parse::<u16>().unwrap_or(0));
    let major = text.split('.').next()?.parse().ok()?;
    parts.next();
    Some((major, parts.next().unwrap_or(0), parts.next().unwrap_or(0)))
}

/// The `1` of `9.2p1`.
fn portable_patch(product: Product, rest: &str) -> Option<u8> {
    if !matches!(product, Product::OpenSsh | Product::Win32OpenSsh) {
        return None;
    }
    let (_, after) = rest.split_once('p')?;
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after.get(..end)?.parse().ok()
}

fn distribution(comments: &str) -> Option<Distribution> {
    let names = [
        ("debian", Distribution::Debian),
        ("ubuntu", Distribution::Ubuntu),
        ("raspbian", Distribution::Raspbian),
        ("freebsd", Distribution::FreeBsd),
        ("netbsd", Distribution::NetBsd),
    ];
    let comments = comments.to_ascii_lowercase();
    names.into_iter().find(|(name, _)| comments.contains(name)).map(|(_, distribution)| distribution)
}

fn is_network_gear(product: Product, software: &str) -> bool {
    let known = matches!(
        product,
        Product::CiscoIos
            | Product::CiscoIosXr
            | Product::Comware
            | Product::Huawei
            | Product::Mocana
            | Product::NetScreen
            | Product::RouterOs
    );
    let software = software.to_ascii_lowercase();
    // `OpenSSH_7.3p1.RL` and `OpenSSH_6.2 FIPS`-like endings are vendors' builds; only the first is known to be gear.
    known || GEAR.iter().any(|name| starts_as_word(&software, name)) || software.ends_with(".rl")
}

/// `-` alone is Huawei's older banner (`SSH-2.0--`): it must be the whole string, the others may go on.
fn starts_as_word(software: &str, name: &str) -> bool {
    if name == "-" { software == name } else { software.starts_with(name) }
}

fn is_scanner(software: &str, comments: &str) -> bool {
    let (software, comments) = (software.to_ascii_lowercase(), comments.to_ascii_lowercase());
    SCANNERS.iter().any(|name| software.starts_with(name) || comments.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn real_identifications() {
        type Case = (&'static str, &'static str, Product, Option<(u16, u16, u16)>);
        let cases: &[Case] = &[
            ("OpenSSH_9.2p1", "Debian-2+deb12u10", Product::OpenSsh, Some((9, 2, 0))),
            ("OpenSSH_10.0", "", Product::OpenSsh, Some((10, 0, 0))),
            ("OpenSSH_6.6.1p1", "Ubuntu-2ubuntu2.13", Product::OpenSsh, Some((6, 6, 1))),
            ("OpenSSH_for_Windows_8.1", "", Product::Win32OpenSsh, Some((8, 1, 0))),
            ("dropbear_2022.83", "", Product::Dropbear, Some((2022, 83, 0))),
            ("dropbear", "", Product::Dropbear, None),
            ("tinyssh_20230101-1", "6XWk1x1o", Product::TinySsh, Some((2023, 1, 1))),
            ("PuTTY_Release_0.78", "", Product::PuTTY, Some((0, 78, 0))),
            ("WinSCP_release_6.1.2", "", Product::WinScp, Some((6, 1, 2))),
            ("FileZilla_3.66.1", "", Product::FileZilla, Some((3, 66, 1))),
            ("libssh_0.11.3", "", Product::LibSsh, Some((0, 11, 3))),
            ("libssh-0.2", "", Product::LibSsh, Some((0, 2, 0))),
            ("libssh2_1.11.1", "", Product::LibSsh2, Some((1, 11, 1))),
            ("paramiko_5.1.0", "", Product::Paramiko, Some((5, 1, 0))),
            ("AsyncSSH_2.24.1", "", Product::AsyncSsh, Some((2, 24, 1))),
            ("JSCH-0.1.54", "", Product::JSch, Some((0, 1, 54))),
            ("JSCH_0.2.19", "", Product::JSch, Some((0, 2, 19))),
            ("Go", "", Product::GoXCrypto, None),
            ("russh_0.65.0", "", Product::Russh, Some((0, 65, 0))),
            ("Renci.SshNet.SshClient.2020.0.1", "", Product::SshNet, Some((2020, 0, 1))),
            ("ssh2js1.17.0", "", Product::NodeSsh2, Some((1, 17, 0))),
            ("Cisco-1.25", "", Product::CiscoIos, Some((1, 25, 0))),
            ("Cisco-2.0", "", Product::CiscoIosXr, Some((2, 0, 0))),
            ("ROSSSH", "", Product::RouterOs, None),
            ("HUAWEI-1.5", "", Product::Huawei, Some((1, 5, 0))),
            ("Comware-7.1.064", "", Product::Comware, Some((7, 1, 64))),
            ("NetScreen", "", Product::NetScreen, None),
            ("Mocana", "SSH 6.3", Product::Mocana, Some((6, 3, 0))),
            ("8.43", "FlowSsh: Bitvise SSH Client", Product::Bitvise, Some((8, 43, 0))),
            ("6.4.12.353", "SSH Tectia Client", Product::Tectia, Some((6, 4, 12))),
            ("Erlang/4.15", "", Product::Erlang, Some((4, 15, 0))),
            ("Twisted_22.10.0", "", Product::Twisted, Some((22, 10, 0))),
            ("APACHE-SSHD-2.9.2", "", Product::ApacheMina, Some((2, 9, 2))),
            ("SSHD-CORE-0.9.0", "", Product::ApacheMina, Some((0, 9, 0))),
            ("MAVERICK_SYNERGY", "Hotspot", Product::Maverick, None),
            ("Tailscale", "", Product::Tailscale, None),
            ("", "", Product::Unknown, None),
            ("Gopher", "", Product::Unknown, None),
        ];
        for (software, comments, product, version) in cases {
            let parsed = Software::parse(software, Some(comments));
            assert_eq!((parsed.product, parsed.version), (*product, *version), "{software}");
        }
    }

    #[test]
    fn patches_distributions_and_flags() {
        let debian = Software::parse("OpenSSH_9.2p1", Some("Debian-2+deb12u10"));
        assert_eq!((debian.portable_patch, debian.distribution), (Some(1), Some(Distribution::Debian)));
        assert!(!debian.may_follow_crypto_policies() && !debian.is_network_gear);
        let plain = Software::parse("OpenSSH_8.7", None);
        assert!(plain.may_follow_crypto_policies() && plain.portable_patch.is_none());
        assert_eq!(plain.openssh_version(), Some(OpenSshVersion::new(8, 7)));
        assert!(Software::parse("Cisco-1.25", None).is_network_gear);
        assert!(Software::parse("-", None).is_network_gear);
        assert!(Software::parse("RomSShell_4.62", None).is_network_gear);
        assert!(Software::parse("ZGrab", Some("ZGrab SSH Survey")).is_scanner);
        assert!(Software::parse("OpenSSH-keyscan", None).is_scanner);
        assert_eq!(Software::parse("OpenSSH_9.7", Some("FreeBSD-20240806")).distribution, Some(Distribution::FreeBsd));
    }

    proptest! {
        #[test]
        fn nothing_panics(software in ".{0,40}", comments in proptest::option::of(".{0,40}")) {
            let _ = Software::parse(&software, comments.as_deref());
        }

        #[test]
        fn digits_and_dots_do_not_panic(text in "[a-zA-Z_]{0,8}[0-9.]{0,30}p?[0-9]{0,5}") {
            let _ = Software::parse(&text, Some(&text));
            let _ = Software::parse(&format!("OpenSSH_{text}"), None);
        }
    }
}
