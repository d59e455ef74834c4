//! Tests of the readers, on captures built from bytes.
