#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sshwire_fuzz::entrances::explain(data));
