//! The rows of [`super::releases`].

use super::releases::Release;
use crate::tcp::Side;

/// By product, the oldest release first.
pub(super) static RELEASES: &[Release] = &[
    Release {
        product: "asyncssh",
        version: "2.14.2",
        side: Side::Client,
        kex: "curve25519-sha256,curve25519-sha256@libssh.org,curve448-sha512,ecdh-sha2-nistp521,\
         ecdh-sha2-nistp384,ecdh-sha2-nistp256,ecdh-sha2-1.3.132.0.10,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group14-sha256,diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,\
         diffie-hellman-group17-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256@ssh.com,\
         diffie-hellman-group14-sha1,rsa2048-sha256,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ssh-ed25519-cert-v01@openssh.com,ssh-ed448-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-1.3.132.0.10-cert-v01@openssh.com,rsa-sha2-256,\
         rsa-sha2-512,ssh-rsa-sha224@ssh.com,ssh-rsa-sha256@ssh.com,ssh-rsa-sha384@ssh.com,\
         ssh-rsa-sha512@ssh.com,ssh-rsa,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,\
         ssh-ed25519,ssh-ed448,ecdsa-sha2-nistp521,ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,\
         ecdsa-sha2-1.3.132.0.10",
        ciphers: "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,\
         aes128-ctr",
        macs: "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha256-2@ssh.com,hmac-sha224@ssh.com,hmac-sha256@ssh.com,\
         hmac-sha384@ssh.com,hmac-sha512@ssh.com",
        compression: "zlib@openssh.com,none",
    },
    Release {
        product: "asyncssh",
        version: "2.14.2",
        side: Side::Server,
        kex: "curve25519-sha256,curve25519-sha256@libssh.org,curve448-sha512,ecdh-sha2-nistp521,\
         ecdh-sha2-nistp384,ecdh-sha2-nistp256,ecdh-sha2-1.3.132.0.10,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group14-sha256,diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,\
         diffie-hellman-group17-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256@ssh.com,\
         diffie-hellman-group14-sha1,rsa2048-sha256,ext-info-s,kex-strict-s-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,rsa-sha2-512,ssh-rsa-sha224@ssh.com,\
         ssh-rsa-sha256@ssh.com,ssh-rsa-sha384@ssh.com,ssh-rsa-sha512@ssh.com,ssh-rsa",
        ciphers: "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,\
         aes128-ctr",
        macs: "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha256-2@ssh.com,hmac-sha224@ssh.com,hmac-sha256@ssh.com,\
         hmac-sha384@ssh.com,hmac-sha512@ssh.com",
        compression: "zlib@openssh.com,none",
    },
    Release {
        product: "asyncssh",
        version: "2.24.1",
        side: Side::Client,
        kex: "mlkem768x25519-sha256,mlkem768nistp256-sha256,mlkem1024nistp384-sha384,curve25519-sha256,\
         curve25519-sha256@libssh.org,curve448-sha512,ecdh-sha2-nistp521,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp256,ecdh-sha2-1.3.132.0.10,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group14-sha256,diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,\
         diffie-hellman-group17-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256@ssh.com,\
         diffie-hellman-group14-sha1,rsa2048-sha256,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ssh-ed25519-cert-v01@openssh.com,ssh-ed448-cert-v01@openssh.com,\
         ecdsa-sha2-nistp521-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,\
         ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-1.3.132.0.10-cert-v01@openssh.com,rsa-sha2-256,\
         rsa-sha2-512,ssh-rsa-sha224@ssh.com,ssh-rsa-sha256@ssh.com,ssh-rsa-sha384@ssh.com,\
         ssh-rsa-sha512@ssh.com,ssh-rsa,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,\
         webauthn-sk-ecdsa-sha2-nistp256@openssh.com,ssh-ed25519,ssh-ed448,ecdsa-sha2-nistp521,\
         ecdsa-sha2-nistp384,ecdsa-sha2-nistp256,ecdsa-sha2-1.3.132.0.10",
        ciphers: "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,\
         aes128-ctr",
        macs: "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha256-2@ssh.com,hmac-sha224@ssh.com,hmac-sha256@ssh.com,\
         hmac-sha384@ssh.com,hmac-sha512@ssh.com",
        compression: "none,zlib@openssh.com",
    },
    Release {
        product: "asyncssh",
        version: "2.24.1",
        side: Side::Server,
        kex: "mlkem768x25519-sha256,mlkem768nistp256-sha256,mlkem1024nistp384-sha384,curve25519-sha256,\
         curve25519-sha256@libssh.org,curve448-sha512,ecdh-sha2-nistp521,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp256,ecdh-sha2-1.3.132.0.10,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group14-sha256,diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,\
         diffie-hellman-group17-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256@ssh.com,\
         diffie-hellman-group14-sha1,rsa2048-sha256,ext-info-s,kex-strict-s-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,rsa-sha2-512,ssh-rsa-sha224@ssh.com,\
         ssh-rsa-sha256@ssh.com,ssh-rsa-sha384@ssh.com,ssh-rsa-sha512@ssh.com,ssh-rsa",
        ciphers: "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,\
         aes128-ctr",
        macs: "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,\
         hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha256-2@ssh.com,hmac-sha224@ssh.com,hmac-sha256@ssh.com,\
         hmac-sha384@ssh.com,hmac-sha512@ssh.com",
        compression: "none,zlib@openssh.com",
    },
    Release {
        product: "dropbear",
        version: "2020.81",
        side: Side::Client,
        kex: "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,\
         diffie-hellman-group1-sha1,kexguess2@matt.ucc.asn.au,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,ssh-rsa,\
         ssh-dss",
        ciphers: "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
        macs: "hmac-sha1,hmac-sha2-256",
        compression: "zlib@openssh.com,zlib,none",
    },
    Release {
        product: "dropbear",
        version: "2020.81",
        side: Side::Server,
        kex: "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,\
         kexguess2@matt.ucc.asn.au,kex-strict-s-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,ssh-rsa",
        ciphers: "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
        macs: "hmac-sha1,hmac-sha2-256",
        compression: "zlib@openssh.com,none",
    },
    Release {
        product: "dropbear",
        version: "2022.83",
        side: Side::Client,
        kex: "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,\
         kexguess2@matt.ucc.asn.au,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
         sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-256,ssh-rsa,ssh-dss",
        ciphers: "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
        macs: "hmac-sha1,hmac-sha2-256",
        compression: "zlib@openssh.com,zlib,none",
    },
    Release {
        product: "dropbear",
        version: "2022.83",
        side: Side::Server,
        kex: "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,\
         kexguess2@matt.ucc.asn.au,kex-strict-s-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,ssh-rsa",
        ciphers: "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr",
        macs: "hmac-sha1,hmac-sha2-256",
        compression: "zlib@openssh.com,none",
    },
    Release {
        product: "dropbear",
        version: "2025.89",
        side: Side::Client,
        kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,\
         diffie-hellman-group14-sha256,kexguess2@matt.ucc.asn.au,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
         sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-256",
        ciphers: "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
        macs: "hmac-sha2-256",
        compression: "zlib@openssh.com,zlib,none",
    },
    Release {
        product: "dropbear",
        version: "2025.89",
        side: Side::Server,
        kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,\
         diffie-hellman-group14-sha256,kexguess2@matt.ucc.asn.au,kex-strict-s-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256",
        ciphers: "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
        macs: "hmac-sha2-256",
        compression: "none",
    },
    Release {
        product: "dropbear",
        version: "2026.94",
        side: Side::Client,
        kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,\
         diffie-hellman-group14-sha256,kexguess2@matt.ucc.asn.au,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
         sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-256",
        ciphers: "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
        macs: "hmac-sha2-256",
        compression: "none",
    },
    Release {
        product: "dropbear",
        version: "2026.94",
        side: Side::Server,
        kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,\
         diffie-hellman-group14-sha256,kexguess2@matt.ucc.asn.au,kex-strict-s-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256",
        ciphers: "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
        macs: "hmac-sha2-256",
        compression: "none",
    },
    Release {
        product: "node-ssh2",
        version: "1.5.0",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,curve25519-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,\
         diffie-hellman-group18-sha512",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa",
        ciphers: "aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,\
         chacha20-poly1305@openssh.com",
        macs: "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,\
         hmac-sha2-512,hmac-sha1",
        compression: "none,zlib@openssh.com,zlib",
    },
    Release {
        product: "node-ssh2",
        version: "1.17.0",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,curve25519-sha256,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,\
         diffie-hellman-group18-sha512,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa",
        ciphers: "aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,chacha20-poly1305@openssh.com,\
         aes256-ctr",
        macs: "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,\
         hmac-sha2-512,hmac-sha1",
        compression: "none,zlib@openssh.com,zlib",
    },
    Release {
        product: "paramiko",
        version: "2.7.2",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa,ssh-dss",
        ciphers: "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,blowfish-cbc,3des-cbc",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1,\
         hmac-md5,hmac-sha1-96,hmac-md5-96",
        compression: "none",
    },
    Release {
        product: "paramiko",
        version: "2.9.5",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,\
         ext-info-c",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa,ssh-dss",
        ciphers: "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,blowfish-cbc,3des-cbc",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1,\
         hmac-md5,hmac-sha1-96,hmac-md5-96",
        compression: "none",
    },
    Release {
        product: "paramiko",
        version: "2.12.0",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,\
         ext-info-c",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa,ssh-dss,ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         ssh-dss-cert-v01@openssh.com",
        ciphers: "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1,\
         hmac-md5,hmac-sha1-96,hmac-md5-96",
        compression: "none",
    },
    Release {
        product: "paramiko",
        version: "3.5.1",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,\
         ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa,ssh-dss,ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,\
         ssh-dss-cert-v01@openssh.com",
        ciphers: "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1,\
         hmac-md5,hmac-sha1-96,hmac-md5-96",
        compression: "none",
    },
    Release {
        product: "paramiko",
        version: "4.0.0",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,\
         diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,\
         ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-rsa,ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com",
        ciphers: "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1,\
         hmac-md5,hmac-sha1-96,hmac-md5-96",
        compression: "none",
    },
    Release {
        product: "paramiko",
        version: "5.1.0",
        side: Side::Client,
        kex: "mlkem768x25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
         ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group14-sha256,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,\
         ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
         ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
         rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com",
        ciphers: "aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc,aes128-gcm@openssh.com,\
         aes256-gcm@openssh.com",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1,\
         hmac-md5,hmac-sha1-96,hmac-md5-96",
        compression: "none",
    },
    Release {
        product: "putty",
        version: "0.74",
        side: Side::Client,
        kex: "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,\
         diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1,\
         diffie-hellman-group1-sha1,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa,ssh-dss",
        ciphers: "aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc,aes128-ctr,aes128-cbc,\
         chacha20-poly1305@openssh.com,3des-ctr,3des-cbc,blowfish-ctr,blowfish-cbc,arcfour256,arcfour128",
        macs: "hmac-sha2-256,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com,\
         hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,hmac-md5-etm@openssh.com",
        compression: "none,zlib,zlib@openssh.com",
    },
    Release {
        product: "putty",
        version: "0.78",
        side: Side::Client,
        kex: "sntrup761x25519-sha512@openssh.com,curve448-sha512,curve25519-sha256,curve25519-sha256@libssh.org,\
         ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
         diffie-hellman-group-exchange-sha1,diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,\
         diffie-hellman-group16-sha512,diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,\
         diffie-hellman-group14-sha1,rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1,ext-info-c,\
         kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed448,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,\
         rsa-sha2-256,ssh-rsa,ssh-dss",
        ciphers: "aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc,aes128-ctr,aes128-cbc,\
         chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,3des-ctr,3des-cbc,\
         blowfish-ctr,blowfish-cbc,arcfour256,arcfour128",
        macs: "hmac-sha2-256,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com,\
         hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,hmac-md5-etm@openssh.com",
        compression: "none,zlib,zlib@openssh.com",
    },
    Release {
        product: "putty",
        version: "0.83",
        side: Side::Client,
        kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,\
         mlkem1024nistp384-sha384,mlkem768nistp256-sha256,curve448-sha512,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,\
         diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,diffie-hellman-group16-sha512,\
         diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,\
         rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed448,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,\
         rsa-sha2-256,ssh-rsa,ssh-dss",
        ciphers: "aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc,aes128-ctr,aes128-cbc,\
         chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,3des-ctr,3des-cbc,\
         blowfish-ctr,blowfish-cbc,arcfour256,arcfour128",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,\
         hmac-md5-etm@openssh.com",
        compression: "none,zlib,zlib@openssh.com",
    },
    Release {
        product: "putty",
        version: "0.85",
        side: Side::Client,
        kex: "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256,\
         mlkem1024nistp384-sha384,mlkem768nistp256-sha256,curve448-sha512,curve25519-sha256,\
         curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
         diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,\
         diffie-hellman-group18-sha512,diffie-hellman-group17-sha512,diffie-hellman-group16-sha512,\
         diffie-hellman-group15-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,\
         rsa2048-sha256,rsa1024-sha1,diffie-hellman-group1-sha1,ext-info-c,kex-strict-c-v00@openssh.com",
        host_keys: "ssh-ed448,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,\
         rsa-sha2-256,ssh-rsa,ssh-dss",
        ciphers: "aes256-ctr,aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-ctr,aes192-cbc,aes128-ctr,aes128-cbc,\
         chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,3des-ctr,3des-cbc,\
         blowfish-ctr,blowfish-cbc,arcfour256,arcfour128",
        macs: "hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-sha1-96,hmac-md5,hmac-sha2-256-etm@openssh.com,\
         hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha1-96-etm@openssh.com,\
         hmac-md5-etm@openssh.com",
        compression: "none,zlib,zlib@openssh.com",
    },
];
