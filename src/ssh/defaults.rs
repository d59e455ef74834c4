//! What OpenSSH offers when nobody configured anything, by version: from the headers of the portable tags.

use super::algorithms::OpenSshVersion;

/// The lists of one OpenSSH version, in its order and without the markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The tagged version that the lists come from: the one asked for, or the nearest older one.
    pub version: OpenSshVersion,
    /// Key exchange methods that the client offers.
    pub kex_client: Vec<&'static str>,
    /// Key exchange methods that the server offers.
    pub kex_server: Vec<&'static str>,
    /// Host key algorithms of the client. A server offers those of them for which it has a key file.
    pub host_keys: Vec<&'static str>,
    /// Ciphers that the client offers.
    pub ciphers_client: Vec<&'static str>,
    /// Ciphers that the server offers.
    pub ciphers_server: Vec<&'static str>,
    /// MACs that the client offers.
    pub macs_client: Vec<&'static str>,
    /// MACs that the server offers.
    pub macs_server: Vec<&'static str>,
    /// Compression methods of a client without `Compression yes`, and of the server.
    pub compression: Vec<&'static str>,
}

/// The default lists of an OpenSSH version, taken from the nearest tagged version that is not newer;
/// `None` before 6.6, the oldest one known.
pub fn openssh_defaults(major: u16, minor: u16) -> Option<Defaults> {
    let asked = OpenSshVersion::new(major, minor);
    let version = *TAGS.iter().rev().find(|&&tag| tag <= asked)?;
    Some(Defaults {
        version,
        kex_client: names(KEX_CLIENT, version),
        kex_server: names(KEX_SERVER, version),
        host_keys: names(HOST_KEYS, version),
        ciphers_client: names(CIPHERS_CLIENT, version),
        ciphers_server: names(CIPHERS_SERVER, version),
        macs_client: names(MACS_CLIENT, version),
        macs_server: names(MACS_SERVER, version),
        compression: names(COMPRESSION, version),
    })
}

/// The tags whose headers were read, oldest first.
pub const TAGS: &[OpenSshVersion] = &[
    v(6, 6),
    v(7, 0),
    v(7, 2),
    v(7, 4),
    v(7, 6),
    v(7, 9),
    v(8, 0),
    v(8, 2),
    v(8, 5),
    v(8, 8),
    v(8, 9),
    v(9, 0),
    v(9, 6),
    v(9, 9),
    v(10, 0),
    v(10, 3),
    v(10, 4),
    v(10, 5),
];

/// One list over time: each entry holds from its version to the next entry.
type History = &'static [(OpenSshVersion, &'static str)];

const fn v(major: u16, minor: u16) -> OpenSshVersion {
    OpenSshVersion::new(major, minor)
}

fn names(history: History, version: OpenSshVersion) -> Vec<&'static str> {
    history
        .iter()
        .rev()
        .find(|(since, _)| *since <= version)
        .map(|(_, list)| list.split(',').collect())
        .unwrap_or_default()
}

const KEX_CLIENT: History = &[
    (
        v(6, 6),
        "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,\
         diffie-hellman-group1-sha1",
    ),
    (
        v(7, 0),
        "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1",
    ),
    (
        v(7, 4),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
         diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha256,\
         diffie-hellman-group14-sha1",
    ),
    (
        v(8, 0),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
         diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
    ),
    (
        v(8, 2),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
         diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
    ),
    (
        v(8, 9),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,sntrup761x25519-sha512@openssh.com,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
    ),
    (
        v(9, 0),
        "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,\
         ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
    ),
    (
        v(9, 9),
        "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
         diffie-hellman-group14-sha256",
    ),
    (
        v(10, 0),
        "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
         diffie-hellman-group14-sha256",
    ),
];

const KEX_SERVER: History = &[
    (
        v(6, 6),
        "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,\
         diffie-hellman-group1-sha1",
    ),
    (
        v(7, 0),
        "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha1",
    ),
    (
        v(7, 4),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
         diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
    ),
    (
        v(8, 2),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,\
         diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
    ),
    (
        v(8, 9),
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,sntrup761x25519-sha512@openssh.com,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
    ),
    (
        v(9, 0),
        "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,\
         ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256",
    ),
    (
        v(9, 9),
        "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
         diffie-hellman-group14-sha256",
    ),
    (
        v(10, 0),
        "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521",
    ),
];

const HOST_KEYS: History = &[
    (
        v(6, 6),
        "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,\
         ssh-rsa-cert-v01@openssh.com,ssh-dss-cert-v01@openssh.com,ssh-rsa-cert-v00@openssh.com,\
         ssh-dss-cert-v00@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
         ssh-ed25519,ssh-rsa,ssh-dss",
    ),
    (
        v(7, 0),
        "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,\
         ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
         ssh-ed25519,ssh-rsa",
    ),
    (
        v(7, 2),
        "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,\
         ssh-rsa-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
         ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
    ),
    (
        v(7, 9),
        "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-ed25519,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa",
    ),
    (
        v(8, 2),
        "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,\
         ssh-ed25519,sk-ssh-ed25519@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
    ),
    (
        v(8, 5),
        "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,\
         sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa",
    ),
    (
        v(8, 8),
        "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,\
         ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,\
         sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256",
    ),
    (
        v(10, 3),
        "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,\
         rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,\
         ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,\
         webauthn-sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256",
    ),
];

const CIPHERS_CLIENT: History = &[
    (
        v(6, 6),
        "aes128-ctr,aes192-ctr,aes256-ctr,arcfour256,arcfour128,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-cbc,3des-cbc,blowfish-cbc,cast128-cbc,\
         aes192-cbc,aes256-cbc,arcfour,rijndael-cbc@lysator.liu.se",
    ),
    (
        v(7, 0),
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com,arcfour256,arcfour128,aes128-cbc,3des-cbc,blowfish-cbc,cast128-cbc,\
         aes192-cbc,aes256-cbc,arcfour,rijndael-cbc@lysator.liu.se",
    ),
    (
        v(7, 2),
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com,aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc",
    ),
    (
        v(7, 4),
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com,aes128-cbc,aes192-cbc,aes256-cbc",
    ),
    (
        v(7, 6),
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com",
    ),
    (
        v(10, 0),
        "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,\
         aes256-ctr",
    ),
];

const CIPHERS_SERVER: History = &[
    (
        v(6, 6),
        "aes128-ctr,aes192-ctr,aes256-ctr,arcfour256,arcfour128,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-cbc,3des-cbc,blowfish-cbc,cast128-cbc,\
         aes192-cbc,aes256-cbc,arcfour,rijndael-cbc@lysator.liu.se",
    ),
    (
        v(7, 0),
        "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com",
    ),
    (
        v(10, 0),
        "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,\
         aes256-ctr",
    ),
];

const MACS_CLIENT: History = &[
    (
        v(6, 6),
        "hmac-md5-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64-etm@openssh.com,umac-128-etm@openssh.com,\
         hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-ripemd160-etm@openssh.com,\
         hmac-sha1-96-etm@openssh.com,hmac-md5-96-etm@openssh.com,hmac-md5,hmac-sha1,umac-64@openssh.com,\
         umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-ripemd160,hmac-ripemd160@openssh.com,\
         hmac-sha1-96,hmac-md5-96",
    ),
    (
        v(7, 0),
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-md5-etm@openssh.com,hmac-ripemd160-etm@openssh.com,\
         hmac-sha1-96-etm@openssh.com,hmac-md5-96-etm@openssh.com,hmac-md5,hmac-ripemd160,\
         hmac-ripemd160@openssh.com,hmac-sha1-96,hmac-md5-96",
    ),
    (
        v(7, 2),
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    ),
];

const MACS_SERVER: History = &[
    (
        v(6, 6),
        "hmac-md5-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64-etm@openssh.com,umac-128-etm@openssh.com,\
         hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-ripemd160-etm@openssh.com,\
         hmac-sha1-96-etm@openssh.com,hmac-md5-96-etm@openssh.com,hmac-md5,hmac-sha1,umac-64@openssh.com,\
         umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-ripemd160,hmac-ripemd160@openssh.com,\
         hmac-sha1-96,hmac-md5-96",
    ),
    (
        v(7, 0),
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1",
    ),
];

const COMPRESSION: History = &[(v(6, 6), "none,zlib@openssh.com,zlib"), (v(7, 4), "none,zlib@openssh.com")];
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_older_tag_answers() {
        assert_eq!(openssh_defaults(9, 2).map(|d| d.version), Some(v(9, 0)));
        assert_eq!(openssh_defaults(11, 0).map(|d| d.version), Some(v(10, 5)));
        assert!(openssh_defaults(6, 5).is_none());
    }

    #[test]
    fn milestones_of_the_lists() {
        let new = openssh_defaults(10, 0).expect("known");
        assert_eq!(new.kex_client.first(), Some(&"mlkem768x25519-sha256"));
        assert!(new.kex_server.iter().all(|name| !name.starts_with("diffie-hellman")));
        let old = openssh_defaults(8, 7).expect("known");
        assert!(old.host_keys.contains(&"ssh-rsa"));
        assert!(!openssh_defaults(8, 8).expect("known").host_keys.contains(&"ssh-rsa"));
        assert!(openssh_defaults(6, 6).expect("known").ciphers_server.contains(&"arcfour"));
    }

    #[test]
    fn no_list_has_an_empty_or_padded_name() {
        for tag in TAGS {
            let d = openssh_defaults(tag.major, tag.minor).expect("a tag");
            let lists = [d.kex_client, d.kex_server, d.host_keys, d.ciphers_client, d.macs_client, d.compression];
            assert!(lists.iter().flatten().all(|name| !name.is_empty() && !name.contains(' ')));
        }
    }
}
