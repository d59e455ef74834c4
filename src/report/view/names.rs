//! The name-lists of a KEXINIT: shared with the record, made visible only where they are written.

use crate::report::escape::{is_plain, visible_text};
use crate::ssh::kexinit::KexInit;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::sync::Arc;

/// One name-list of a KEXINIT (RFC 4253 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    kexinit: Arc<KexInit>,
    /// Its place among the ten, in the order of the wire.
    list: usize,
}

impl Names {
    /// All ten, in the order of the wire.
    pub fn all(kexinit: &Arc<KexInit>) -> [Self; 10] {
        std::array::from_fn(|list| Self { kexinit: Arc::clone(kexinit), list })
    }
}

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.kexinit.lists().get(self.list).copied().unwrap_or_default();
        serializer.collect_seq(names.iter().map(|name| match is_plain(name.as_bytes()) {
            true => Cow::Borrowed(name.as_str()),
            false => Cow::Owned(visible_text(name)),
        }))
    }
}

impl JsonSchema for Names {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        <Vec<String>>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Vec<String>>::json_schema(generator)
    }
}
