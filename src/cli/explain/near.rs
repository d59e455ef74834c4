//! The ids that look most like what was typed.

use super::topics;
use crate::cli::nearness;

/// Names suggested for a misspelt id.
const SUGGESTED: usize = 3;

pub(super) fn nearest(typed: &str) -> Vec<&'static str> {
    let mut ids: Vec<_> = topics().map(|topic| topic.id).collect();
    ids.sort_by_key(|id| distance(typed, id));
    ids.truncate(SUGGESTED);
    ids
}

/// Letters to change; words of the id that were typed count for much.
fn distance(typed: &str, id: &str) -> usize {
    let shared = id.split('-').filter(|word| word.len() > 2 && typed.contains(word)).count();
    nearness::distance(typed, id).saturating_sub(6 * shared)
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
