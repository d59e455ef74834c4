//! Pairs that people meet, and what they are told.

use proptest::prelude::*;

use super::*;

fn none(slot: Slot, client: &str, server: &str) -> NoneInCommon {
    let names = |list: &str| list.split(',').map(str::to_owned).collect();
    NoneInCommon {
        slot,
        client: names(client),
        server: names(server),
        client_offer_as_printed: client.to_owned(),
        server_offer_as_printed: server.to_owned(),
    }
}

fn software(name: &str) -> Software {
    let (name, comments) = name.split_once(' ').unwrap_or((name, ""));
    Software::parse(name, Some(comments))
}

fn lines(failing: &[NoneInCommon], client: &str, server: &str) -> Vec<RemedyLine> {
    remedies(failing, &software(client), &software(server), &Target { destination: "user@HOST", port: 22 })
}

fn commands(lines: &[RemedyLine], side: Side) -> Vec<&str> {
    lines.iter().filter(|line| line.side == side).filter_map(|line| line.command.as_deref()).collect()
}

const OLD_SWITCH: &str = "diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1";

#[test]
fn a_new_client_and_an_old_switch() {
    let failing = [
        none(Slot::Kex, "curve25519-sha256,ecdh-sha2-nistp256", OLD_SWITCH),
        none(Slot::HostKey, "ssh-ed25519,rsa-sha2-512", "ssh-rsa"),
        none(Slot::EncryptionClientToServer, "aes128-ctr", "aes128-cbc,3des-cbc"),
        none(Slot::EncryptionServerToClient, "aes128-ctr", "aes128-cbc,3des-cbc"),
    ];
    let lines = lines(&failing, "OpenSSH_9.2p1 Debian-2", "Cisco-1.25");
    assert_eq!(
        commands(&lines, Side::Client),
        [
            "ssh -o KexAlgorithms=+diffie-hellman-group14-sha1 -o HostKeyAlgorithms=+ssh-rsa -o Ciphers=+aes128-cbc user@HOST"
        ]
    );
    let client = lines.iter().find(|line| line.side == Side::Client).expect("a line");
    assert!(client.text.contains("SHA-1") && client.harm == Strength::Weak);
    // The firmware costs nothing in trust and stands first.
    assert!(lines.first().is_some_and(|line| line.text.contains("firmware")));
    assert_eq!(commands(&lines, Side::Server), ["crypto key generate rsa modulus 2048"]);
}

#[test]
fn an_old_client_and_a_server_without_diffie_hellman() {
    let failing = [none(
        Slot::Kex,
        "diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
        "mlkem768x25519-sha256,curve25519-sha256",
    )];
    let lines = lines(&failing, "JSCH-0.1.54", "OpenSSH_10.0p2 Debian-7");
    assert_eq!(commands(&lines, Side::Server), ["KexAlgorithms +diffie-hellman-group14-sha256"]);
    assert!(lines.iter().any(|line| line.text.contains("mwiede")));
    assert!(lines.iter().any(|line| line.text.contains("10.0 on offer no finite-field")));
}

#[test]
fn sha1_host_key_signatures() {
    let failing = [none(Slot::HostKey, "ssh-rsa,ssh-dss", "rsa-sha2-512,rsa-sha2-256,ssh-ed25519")];
    let lines = lines(&failing, "paramiko_1.16.0", "OpenSSH_8.8");
    assert!(commands(&lines, Side::Server).contains(&"HostKeyAlgorithms +ssh-rsa"));
    assert!(lines.iter().any(|line| line.text.contains("DEFAULT:SHA1")));
    assert!(lines.iter().all(|line| line.command.as_deref() != Some("ssh-keygen -A")));
}

#[test]
fn a_server_without_the_key() {
    let failing = [none(Slot::HostKey, "rsa-sha2-512,rsa-sha2-256", "ssh-ed25519")];
    let of_new = lines(&failing, "PuTTY_Release_0.78", "OpenSSH_9.2p1 Debian-2");
    assert_eq!(commands(&of_new, Side::Server), ["ssh-keygen -A"]);
    let failing = [none(Slot::HostKey, "ssh-rsa", "ssh-ed25519")];
    let of_old = lines(&failing, "paramiko_1.16.0", "OpenSSH_9.2p1 Debian-2");
    assert_eq!(commands(&of_old, Side::Server), ["ssh-keygen -A", "HostKeyAlgorithms +ssh-rsa"]);
}

#[test]
fn what_cannot_be_turned_on_again() {
    let dss = [none(Slot::HostKey, "ssh-ed25519", "ssh-dss")];
    let new = lines(&dss, "OpenSSH_10.0", "Cisco-1.25");
    let line = new.iter().find(|line| line.side == Side::Client).expect("a line");
    assert!(line.command.is_none() && line.text.contains("removed in OpenSSH 10.0") && line.text.contains("plink"));
    let older = lines(&dss, "OpenSSH_9.2p1 Debian-2", "Cisco-1.25");
    assert_eq!(commands(&older, Side::Client), ["ssh -o HostKeyAlgorithms=+ssh-dss user@HOST"]);
    let rc4 = [none(Slot::EncryptionClientToServer, "aes128-ctr", "arcfour")];
    assert!(commands(&lines(&rc4, "OpenSSH_9.2p1 Debian-2", "dropbear_0.46"), Side::Client).is_empty());
}

#[test]
fn before_7_0_there_is_no_plus() {
    let failing = [none(Slot::MacClientToServer, "hmac-sha2-256", "hmac-sha1")];
    let old = lines(&failing, "OpenSSH_6.6.1p1 Ubuntu-2", "OpenSSH_6.6.1p1 Ubuntu-2");
    assert_eq!(commands(&old, Side::Client), ["ssh -o MACs=hmac-sha1 user@HOST"]);
    assert_eq!(commands(&old, Side::Server), ["MACs hmac-sha1,hmac-sha2-256"]);
}

#[test]
fn other_ports_are_named() {
    let failing = [none(Slot::MacClientToServer, "hmac-sha2-256", "hmac-sha1")];
    let target = Target { destination: "user@192.0.2.7", port: 2222 };
    let lines = remedies(&failing, &software("OpenSSH_9.2p1 Debian-2"), &software("dropbear_2012.55"), &target);
    assert_eq!(commands(&lines, Side::Client), ["ssh -o MACs=+hmac-sha1 -p 2222 user@192.0.2.7"]);
}

#[test]
fn nothing_failing_needs_no_remedy() {
    assert!(lines(&[], "OpenSSH_9.2p1", "OpenSSH_9.2p1").is_empty());
}

proptest! {
    #[test]
    fn strangers_text_never_reaches_a_command(names in proptest::collection::vec("[ -~]{0,30}", 0..8), product in 0usize..4) {
        let banners = ["OpenSSH_9.2p1 Debian-2", "OpenSSH_6.6", "OpenSSH_10.0", "Cisco-1.25"];
        let list: Vec<String> = names.into_iter().map(|name| format!("$({name})")).chain(["hmac-sha1".to_owned()]).collect();
        for slot in Slot::ALL {
            let failing = NoneInCommon { slot, client: list.clone(), server: list.clone(), client_offer_as_printed: list.join(","), server_offer_as_printed: list.join(",") };
            for line in lines(&[failing], banners[product], banners[product]) {
                prop_assert!(!line.text.contains("$(") && !line.command.is_some_and(|command| command.contains("$(")));
            }
        }
    }
}
