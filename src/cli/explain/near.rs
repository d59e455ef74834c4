//! The ids that look most like what was typed.

use super::topics;

/// Names suggested for a misspelt id.
const SUGGESTED: usize = 3;

/// Letters of a question that are compared; ids have at most 40.
const COMPARED: usize = 64;

pub(super) fn nearest(typed: &str) -> Vec<&'static str> {
    let typed: String = typed.chars().take(COMPARED).collect();
    let mut ids: Vec<_> = topics().map(|topic| topic.id).collect();
    ids.sort_by_key(|id| distance(&typed, id));
    ids.truncate(SUGGESTED);
    ids
}

/// Letters to change, add or leave out (Levenshtein); words of the id that were typed count for much.
fn distance(typed: &str, id: &str) -> usize {
    let mut row: Vec<usize> = (0..=id.len()).collect();
    for (i, a) in typed.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in id.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    let shared = id.split('-').filter(|word| word.len() > 2 && typed.contains(word)).count();
    row[id.len()].saturating_sub(6 * shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_id_finds_its_neighbours() {
        assert_eq!(nearest("no-comon-kex")[0], "no-common-kex");
        assert_eq!(nearest("rst-inected")[0], "rst-injected");
        assert_eq!(nearest("host-key-chnged")[0], "host-key-changed");
    }
}
