//! Where in a filter expression the fault is: a compiler of filters says what it does not like, not where.

/// Words that join what stands around them; the fault is in what follows.
const JOINTS: &[&str] = &["and", "or", "not", "&&", "||", "!", "("];

/// Words of an expression that are looked at; each costs a compilation.
const WORDS: usize = 256;

/// Byte offset of the first word that the compiler cannot take: the one behind the longest beginning that compiles.
pub fn of_fault(expression: &str, compiles: impl Fn(&str) -> bool) -> usize {
    let ends = word_ends(expression);
    let good = ends.iter().rev().copied().find(|&end| compiles(&expression[..end])).unwrap_or(0);
    let mut at = start_behind(expression, good);
    // The joint itself is fine wherever something could follow it.
    while let Some(joint) = JOINTS.iter().find(|joint| is_word(&expression[at..], joint)) {
        let next = start_behind(expression, at + joint.len());
        if next >= expression.len() {
            break;
        }
        at = next;
    }
    at
}

fn word_ends(expression: &str) -> Vec<usize> {
    let blank_behind = |(at, c): (usize, char)| {
        let next = expression[at + c.len_utf8()..].chars().next();
        (!c.is_whitespace() && next.is_none_or(char::is_whitespace)).then_some(at + c.len_utf8())
    };
    expression.char_indices().filter_map(blank_behind).take(WORDS).collect()
}

fn start_behind(expression: &str, at: usize) -> usize {
    let rest = &expression[at..];
    at + (rest.len() - rest.trim_start().len())
}

fn is_word(text: &str, word: &str) -> bool {
    let ends = |rest: &str| rest.chars().next().is_none_or(|c| c.is_whitespace() || c == '(') || word == "(";
    text.strip_prefix(word).is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A language of `port N`, joined.
    fn compiles(part: &str) -> bool {
        let mut words = part.split_whitespace();
        loop {
            if words.next() != Some("port") || words.next().is_none_or(|number| number.parse::<u16>().is_err()) {
                return false;
            }
            match words.next() {
                None => return true,
                Some("and" | "or") => {}
                Some(_) => return false,
            }
        }
    }

    #[test]
    fn the_fault_is_behind_what_compiles() {
        for (expression, at) in [
            ("prot 22", "prot"),
            ("port 22 and prot 23", "prot"),
            ("port 22 adn port 23", "adn"),
            ("port 22 and", "and"),
            ("port x", "port x"),
            ("port 22  or   port y or port 2", "port y"),
            ("port 1 or (prt 2)", "prt"),
        ] {
            assert_eq!(of_fault(expression, compiles), expression.find(at).unwrap_or(0), "{expression}");
        }
        assert_eq!(of_fault("", compiles), 0);
        assert_eq!(of_fault("å ß", compiles), 0);
    }
}
