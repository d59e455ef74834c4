//! The corpus of the fuzzer, on stable: every input of `fuzz/corpus/`, whole, cut and damaged. `SSHWIRE_FUZZ_ROUNDS` multiplies
//! the rounds; `UPDATE_CORPUS=1` makes the seeds anew from the labelled captures.

#[path = "../../fuzz/src/entrances.rs"]
pub mod entrances;

use crate::fuzz::{mutate, rounds};
use crate::packets::Random;
use crate::sources::root;
use entrances::ENTRANCES;
use std::path::PathBuf;

fn folder(entrance: &str) -> PathBuf {
    root().join("fuzz/corpus").join(entrance)
}

/// The inputs of an entrance, by name.
fn inputs(entrance: &str) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder(entrance))
        .unwrap_or_else(|error| panic!("fuzz/corpus/{entrance}: {error}"))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn every_input_of_the_corpus_breaks_nothing() {
    for (entrance, run) in ENTRANCES {
        let inputs = inputs(entrance);
        assert!(!inputs.is_empty(), "fuzz/corpus/{entrance} is empty");
        for (_, data) in &inputs {
            run(data);
        }
    }
}

#[test]
fn damaged_inputs_of_the_corpus_break_nothing() {
    for (number, (entrance, run)) in (0..).zip(ENTRANCES) {
        let inputs = inputs(entrance);
        let mut random = Random::seeded(100 + number);
        for _ in 0..rounds(300) {
            let mut data = inputs[random.below(inputs.len())].1.clone();
            mutate(&mut data, &mut random);
            run(&data);
        }
    }
}

#[test]
fn every_entrance_is_a_target_of_the_fuzzer() {
    for (entrance, _) in ENTRANCES {
        let target = root().join(format!("fuzz/fuzz_targets/{entrance}.rs"));
        let text = std::fs::read_to_string(&target).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
        assert!(text.contains(&format!("entrances::{entrance}(data)")), "{entrance}");
    }
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("[[bin]]").count(), ENTRANCES.len());
}
