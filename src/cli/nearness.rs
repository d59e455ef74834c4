//! How much a typed word looks like a name that exists.

/// Letters of what was typed that are compared: no name is longer.
const COMPARED: usize = 64;

/// Letters to change, add or leave out (Levenshtein).
pub(super) fn distance(typed: &str, name: &str) -> usize {
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in typed.bytes().take(COMPARED).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in name.bytes().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[name.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn letters_are_counted() {
        assert_eq!(
            [distance("eth0", "eth0"), distance("eht0", "eth0"), distance("", "lo"), distance("lo", "")],
            [0, 2, 2, 2]
        );
    }
}
