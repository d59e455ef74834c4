//! The words of `docs/glossary.md` and the times, as they are written.

use super::super::moment;
use crate::diagnose::{AuthOutcome, By, Confidence, How, Phase, Place, TapPosition};
use crate::tcp::Side;
use crate::time::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

macro_rules! words {
    ($($type:ident: $description:literal),+ $(,)?) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let words: Vec<_> = Self::ALL.iter().map(|value| value.word()).collect();
                json_schema!({ "type": "string", "enum": words, "description": $description })
            }
        }
    )+};
}

words! {
    Confidence: "How sure a statement is.",
    Phase: "The milestone that had not been reached.",
    How: "How a connection ended.",
    By: "Who ended it.",
    TapPosition: "Where the capture was taken.",
    Place: "Where a remedy is applied.",
    AuthOutcome: "Whether the user was authenticated, as far as sizes tell.",
}

/// `client` or `server`.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
pub(super) enum SideWord {
    /// The client.
    Client,
    /// The server.
    Server,
}

pub(super) fn side<S: Serializer>(side: &Option<Side>, serializer: S) -> Result<S::Ok, S::Error> {
    side.map(Side::name).serialize(serializer)
}

/// Words joined as people write them: `a`, `a and b`, `a, b and c`.
pub fn word_list<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// A time of the capture; written as RFC 3339 in UTC with nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&moment::rfc3339(self.0))
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A time of the capture: RFC 3339 in UTC with nanoseconds."
        })
    }
}
