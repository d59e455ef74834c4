//! Offers as stories: who offers what, who agrees on what.

use proptest::prelude::*;

use super::*;

/// The owned side of an [`Offer`].
#[derive(Default, Clone)]
struct Lists {
    kex: Vec<String>,
    host_key: Vec<String>,
    cipher: Vec<String>,
    mac: Vec<String>,
    compression: Vec<String>,
    follows: bool,
}

impl Lists {
    fn new(kex: &str, host_key: &str, cipher: &str, mac: &str) -> Self {
        let names = |list: &str| list.split(',').map(str::to_owned).collect();
        Self {
            kex: names(kex),
            host_key: names(host_key),
            cipher: names(cipher),
            mac: names(mac),
            compression: names("none,zlib@openssh.com"),
            follows: false,
        }
    }

    fn offer(&self) -> Offer<'_> {
        Offer {
            kex: &self.kex,
            server_host_key: &self.host_key,
            encryption_client_to_server: &self.cipher,
            encryption_server_to_client: &self.cipher,
            mac_client_to_server: &self.mac,
            mac_server_to_client: &self.mac,
            compression_client_to_server: &self.compression,
            compression_server_to_client: &self.compression,
            first_kex_packet_follows: self.follows,
        }
    }
}

fn modern() -> Lists {
    Lists::new(
        "curve25519-sha256,ecdh-sha2-nistp256,ext-info-c,kex-strict-c-v00@openssh.com",
        "ssh-ed25519,rsa-sha2-512",
        "chacha20-poly1305@openssh.com,aes128-ctr",
        "umac-64-etm@openssh.com,hmac-sha2-256",
    )
}

fn server(kex: &str, host_key: &str, cipher: &str, mac: &str) -> Lists {
    Lists::new(kex, host_key, cipher, mac)
}

fn run(client: &Lists, server: &Lists) -> Negotiation {
    Negotiation::of(&client.offer(), &server.offer())
}

#[test]
fn the_clients_order_decides() {
    let theirs =
        server("ecdh-sha2-nistp256,curve25519-sha256", "rsa-sha2-512,ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
    let agreed = run(&modern(), &theirs);
    assert_eq!(agreed.kex.as_deref(), Some("curve25519-sha256"));
    assert_eq!(agreed.host_key.as_deref(), Some("ssh-ed25519"));
    assert_eq!(agreed.mac.server_to_client.as_deref(), Some("hmac-sha2-256"));
    assert!(agreed.failing.is_empty() && !agreed.strict_kex);
}

#[test]
fn markers_are_never_agreed_on_but_are_printed() {
    let client = Lists::new("ext-info-c", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
    let theirs = server(
        "ext-info-c,sntrup761x25519-sha512,kex-strict-s-v00@openssh.com",
        "ssh-ed25519",
        "aes128-ctr",
        "hmac-sha2-256",
    );
    let outcome = run(&client, &theirs);
    let none = outcome.failing.first().expect("kex fails");
    assert_eq!((none.slot, none.client.len()), (Slot::Kex, 0));
    assert_eq!(none.server, ["sntrup761x25519-sha512"]);
    assert_eq!(none.server_offer_as_printed, "ext-info-c,sntrup761x25519-sha512,kex-strict-s-v00@openssh.com");
}

#[test]
fn strict_needs_both_markers() {
    let mut theirs =
        server("curve25519-sha256,kex-strict-s-v00@openssh.com", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
    assert!(run(&modern(), &theirs).strict_kex);
    theirs.kex = vec!["curve25519-sha256".into(), "kex-strict-c-v00@openssh.com".into()];
    assert!(!run(&modern(), &theirs).strict_kex);
}

#[test]
fn disjoint_macs_under_an_aead_harm_only_those_who_insist() {
    let theirs = server("curve25519-sha256", "ssh-ed25519", "chacha20-poly1305@openssh.com", "hmac-sha1");
    let outcome = run(&modern(), &theirs);
    assert!(outcome.failing.is_empty());
    assert_eq!(outcome.mac.client_to_server.as_deref(), Some(IMPLICIT_MAC));
    let openssh = Software::parse("OpenSSH_9.2p1", None);
    assert!(outcome.mac_insisted_on(&openssh, &openssh).is_empty());
    let insisting = outcome.mac_insisted_on(&Software::parse("paramiko_5.1.0", None), &openssh);
    assert!(insisting.iter().all(|i| i.by == Side::Client && i.always) && insisting.len() == 2);
    let go = outcome.mac_insisted_on(&openssh, &Software::parse("Go", None));
    assert!(go.iter().all(|i| i.by == Side::Server && !i.always));
}

#[test]
fn a_failing_cipher_leaves_the_mac_open_only_where_it_may_be_needed() {
    let client = Lists::new("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com", "hmac-sha2-256");
    let outcome = run(&client, &server("curve25519-sha256", "ssh-ed25519", "aes128-cbc", "hmac-sha1"));
    assert_eq!(slots(&outcome), [Slot::EncryptionClientToServer, Slot::EncryptionServerToClient]);
    let client = Lists::new("curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com,aes128-ctr", "hmac-sha2-256");
    let outcome = run(&client, &server("curve25519-sha256", "ssh-ed25519", "aes128-cbc", "hmac-sha1"));
    assert_eq!(outcome.failing.len(), 4);
    assert_eq!(outcome.printed_by_client().map(|none| none.slot), Some(Slot::EncryptionServerToClient));
    assert_eq!(outcome.printed_by_server().map(|none| none.slot), Some(Slot::EncryptionClientToServer));
}

fn slots(outcome: &Negotiation) -> Vec<Slot> {
    outcome.failing.iter().map(|none| none.slot).collect()
}

#[test]
fn openssh_does_not_look_past_the_40th_name_of_the_server() {
    let mut theirs = server("x", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
    theirs.kex = (0..40).map(|n| format!("vendor-{n}@example.org")).collect();
    theirs.kex.push("curve25519-sha256".into());
    let outcome = run(&modern(), &theirs);
    assert_eq!(outcome.kex.as_deref(), Some("curve25519-sha256"));
    assert_eq!(outcome.beyond_openssh_limit, [Slot::Kex]);
}

#[test]
fn guesses() {
    let (mut client, theirs) =
        (modern(), server("ecdh-sha2-nistp256,curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"));
    assert_eq!(run(&client, &theirs).client_guess, Guess::NotMade);
    client.follows = true;
    assert_eq!(run(&client, &theirs).client_guess, Guess::Wrong);
    let marked = |mut lists: Lists| {
        lists.kex.push("kexguess2@matt.ucc.asn.au".into());
        lists
    };
    assert_eq!(run(&marked(client.clone()), &marked(theirs)).client_guess, Guess::Right);
    assert_eq!(run(&client, &modern()).client_guess, Guess::Right);
}

#[test]
fn empty_lists_fail_everywhere_but_agree_on_nothing() {
    let empty = Lists::default();
    let outcome = run(&empty, &empty);
    assert_eq!(outcome.kex, None);
    // Both cipher lists are empty, hence (vacuously) without a cipher that needs a MAC.
    assert!(slots(&outcome).contains(&Slot::EncryptionClientToServer));
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        Just("aes128-ctr".to_owned()),
        Just("aes128-gcm@openssh.com".to_owned()),
        Just("ext-info-c".to_owned()),
        Just("kexguess2@matt.ucc.asn.au".to_owned()),
        "[a-d]{0,2}",
    ];
    proptest::collection::vec(name, 0..60)
}

proptest! {
    #[test]
    fn each_slot_agrees_or_fails_or_does_not_matter(kex in names(), hk in names(), cipher in names(), mac in names(), kex2 in names(), hk2 in names(), cipher2 in names(), mac2 in names(), follows: bool) {
        let compression = vec!["none".to_owned()];
        let client = Lists { kex, host_key: hk, cipher, mac, compression: compression.clone(), follows };
        let theirs = Lists { kex: kex2, host_key: hk2, cipher: cipher2, mac: mac2, compression, follows };
        let outcome = run(&client, &theirs);
        for slot in Slot::ALL {
            let failing = outcome.failing.iter().any(|none| none.slot == slot);
            prop_assert!(!(failing && outcome.agreed(slot).is_some()));
            if let Some(name) = outcome.agreed(slot) {
                prop_assert!(!is_marker(name) && !name.is_empty());
                let both = client.offer().list(slot).iter().any(|n| n == name) && theirs.offer().list(slot).iter().any(|n| n == name);
                prop_assert!(both || name == IMPLICIT_MAC);
            }
        }
        prop_assert_eq!(outcome.printed_by_client().is_some(), !outcome.failing.is_empty());
    }
}
