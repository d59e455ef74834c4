//! Authentication judged without knowing cipher or MAC: by comparing the server's answers with its SERVICE_ACCEPT.
//!
//! SERVICE_REQUEST and SERVICE_ACCEPT both carry `ssh-userauth` (RFC 4253 §10), so under one framing they are equally
//! long; USERAUTH_SUCCESS (RFC 4252 §5.1) is shorter than either, every other answer is longer.

use super::{AuthenticationGuess, Basis, Circumstances, Outcome, Write};
use crate::ssh::software::Product;

/// Answers larger than this in the place of a SERVICE_ACCEPT are something else (an EXT_INFO); SERVICE_ACCEPT is 44 to 84 bytes
/// under every framing in use.
const LARGEST_ACCEPT: u32 = 100;

/// Servers whose padding or extra packets make sizes without names mean nothing.
fn is_irregular(circumstances: &Circumstances<'_>) -> bool {
    circumstances.server.is_some_and(|software| matches!(software.product, Product::AsyncSsh | Product::TinySsh))
}

pub(super) fn judge(writes: &[Write], circumstances: &Circumstances<'_>) -> AuthenticationGuess {
    let mut guess = AuthenticationGuess::unknown("the sizes follow no pattern that names could explain");
    if circumstances.compressed || is_irregular(circumstances) {
        return guess;
    }
    let request = writes.iter().find(|write| write.from_client).map(|write| write.bytes);
    let mut accept: Option<u32> = None;
    let mut asked = false;
    for write in writes {
        guess.last_from_client = write.from_client;
        if write.from_client {
            guess.requests += u32::from(accept.is_some() && !asked);
            asked = true;
            continue;
        }
        let answers = std::mem::take(&mut asked);
        let Some(length) = accept else {
            let fits = answers && (Some(write.bytes) == request || write.bytes <= LARGEST_ACCEPT);
            if fits {
                accept = Some(write.bytes);
                guess.server_service_accept = Some(write.index);
                guess.evidence.push(write.index);
            }
            continue;
        };
        if !answers {
            continue;
        }
        guess.evidence.push(write.index);
        guess.answered += 1;
        if write.bytes < length && !write.after_gap {
            guess.outcome = Outcome::Succeeded { at: write.index };
            guess.basis = Basis::Sizes;
            guess.why = "an answer shorter than the SERVICE_ACCEPT can only be a success".into();
            return guess;
        }
    }
    if guess.answered > 0 && circumstances.missing_from.is_none_or(|first| first >= writes.len()) {
        guess.outcome = Outcome::Failed;
        guess.basis = Basis::Sizes;
        guess.attempts = guess.answered.saturating_sub(1);
        guess.last_answer_is_refusal = !guess.last_from_client;
        guess.why = "no answer was shorter than the SERVICE_ACCEPT, as a success must be".into();
    }
    guess
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn outcome(sizes: &[(bool, u32)]) -> Outcome {
        let write = |(index, &(from_client, bytes)): (usize, &(bool, u32))| Write {
            from_client,
            bytes,
            time: Timestamp::default(),
            index,
            after_gap: false,
        };
        let writes: Vec<Write> = sizes.iter().enumerate().map(write).collect();
        judge(&writes, &Circumstances::default()).outcome
    }

    #[test]
    fn the_first_answer_below_the_service_accept_is_the_success() {
        let login = [
            (true, 44),
            (false, 44),
            (true, 60),
            (false, 76),
            (true, 140),
            (false, 100),
            (true, 308),
            (false, 28),
            (true, 112),
        ];
        assert_eq!(outcome(&login), Outcome::Succeeded { at: 7 });
        assert_eq!(outcome(&login[..7]), Outcome::Failed);
    }

    #[test]
    fn without_an_answer_nothing_is_known() {
        assert_eq!(outcome(&[(true, 44), (false, 44), (true, 60)]), Outcome::Unknown);
        assert_eq!(outcome(&[]), Outcome::Unknown);
    }
}
