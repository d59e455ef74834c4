#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use super::*;
use proptest::prelude::*;

const CLIENT: &str = "host h\nuser u\nhostname 192.0.2.1\nport 2222\ncompression no\nciphers aes128-ctr,aes256-ctr\n\
    hostkeyalgorithms ssh-ed25519,rsa-sha2-512\nkexalgorithms curve25519-sha256\nmacs hmac-sha2-256\n";

const SERVER: &str = "port 22\npermitrootlogin no\ncompression yes\nciphers aes128-ctr\nmacs hmac-sha1\n\
    hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256\n\
    kexalgorithms curve25519-sha256\nhostkey /etc/ssh/ssh_host_rsa_key\nhostkey /etc/ssh/ssh_host_ed25519_key\n";

#[test]
fn settings_of_a_client() {
    let read = Configured::read(CLIENT).unwrap();
    assert_eq!(read.form, Form::ClientSettings);
    assert_eq!(read.destination, (Some("u".into()), Some("192.0.2.1".into()), Some(2222)));
    assert_eq!(read.lists.ciphers.unwrap(), ["aes128-ctr", "aes256-ctr"]);
    assert_eq!(read.lists.compression.unwrap(), ["none", "zlib@openssh.com"]);
}

#[test]
fn settings_of_a_server_name_the_keys_that_it_has() {
    let read = Configured::read(SERVER).unwrap();
    assert_eq!((read.form, read.by_key_files), (Form::ServerSettings, true));
    assert_eq!(read.lists.host_keys.unwrap(), ["ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"]);
    let other = Configured::read(&format!("{SERVER}hostkey /srv/key\n")).unwrap();
    assert!(!other.by_key_files, "a file whose name tells nothing");
    assert_eq!(other.lists.host_keys.unwrap().len(), 5);
}

#[test]
fn names_that_a_program_knows() {
    let read = Configured::read("diffie-hellman-group14-sha256\nnew-kex@example.org\naes128-ctr\n").unwrap();
    assert_eq!(read.form, Form::Known);
    assert_eq!(read.lists.kex.unwrap(), ["diffie-hellman-group14-sha256", "new-kex@example.org"]);
    assert_eq!(read.lists.ciphers.unwrap(), ["aes128-ctr"]);
    assert!(read.lists.macs.is_none());
}

#[test]
fn other_texts_are_refused() {
    assert_eq!(Configured::read("KexAlgorithms +diffie-hellman-group14-sha1\n"), Err(NotConfigured::Relative));
    for text in ["", "hello world\n", "\u{1}\u{2}", "word\n", "host h\nuser u\n"] {
        assert_eq!(Configured::read(text), Err(NotConfigured::Unknown), "{text}");
    }
}

#[test]
fn defaults_are_recognised() {
    for (version, side) in
        [((7, 4), Side::Client), ((8, 2), Side::Server), ((9, 9), Side::Client), ((10, 0), Side::Server)]
    {
        let version = OpenSshVersion::new(version.0, version.1);
        assert_eq!(Lists::of_openssh(version, side).unwrap().nearest_openssh(side), Some(version));
    }
    assert!(Lists::of_openssh(OpenSshVersion::new(6, 5), Side::Client).is_none());
}

#[test]
fn old_and_new_openssh_agree_as_they_do_in_the_field() {
    let negotiate = |client: (u16, u16), server: (u16, u16)| {
        let client = Lists::of_openssh(OpenSshVersion::new(client.0, client.1), Side::Client).unwrap();
        let server = Lists::of_openssh(OpenSshVersion::new(server.0, server.1), Side::Server).unwrap();
        crate::ssh::Negotiation::of(&client.offer(), &server.offer())
    };
    let agreed = negotiate((9, 9), (7, 4));
    assert_eq!(agreed.kex.as_deref(), Some("curve25519-sha256"));
    assert_eq!(agreed.host_key.as_deref(), Some("ssh-ed25519"));
    assert!(agreed.failing.is_empty() && !agreed.strict_kex);
    assert!(negotiate((10, 0), (9, 6)).strict_kex);
    assert_eq!(negotiate((6, 6), (10, 0)).kex.as_deref(), Some("curve25519-sha256@libssh.org"));
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,200}") {
        let _ = Configured::read(&text);
    }

    #[test]
    fn settings_of_any_kind_are_read(keyword in "(Ciphers|macs|KexAlgorithms|hostkeyalgorithms|HostKey|port)", value in "[ -~]{0,60}") {
        let _ = Configured::read(&format!("{keyword} {value}\n{SERVER}"));
    }
}
