//! Tells the sources what the target has.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SSHWIRE_WITHOUT_AF_PACKET");
    println!("cargo::rustc-check-cfg=cfg(af_packet)");
    println!("cargo::rustc-check-cfg=cfg(live)");
    let set = |name: &str| std::env::var_os(name).is_some();
    let linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    // Without it, Linux builds what other systems build: how that is checked where there is no other system.
    let af_packet = linux && !set("SSHWIRE_WITHOUT_AF_PACKET");
    if af_packet {
        println!("cargo::rustc-cfg=af_packet");
    }
    // Live capture needs either.
    if af_packet || (set("CARGO_CFG_UNIX") && set("CARGO_FEATURE_LIBPCAP")) {
        println!("cargo::rustc-cfg=live");
    }
}
