//! The JSON schema of a report, from the code: `docs/report.schema.json`.

use super::view::Report;

/// The schema of the whole document that `json` writes; a line of `jsonl` is one item of `connections`.
///
/// `docs/report.schema.json` holds it. A test compares the two; `UPDATE_DOCS=1 cargo test schema` writes the file anew.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    // A schema consists of strings and numbers only: it can always be written.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_schema_in_docs_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
        if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, schema()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == schema(), "docs/report.schema.json is stale: run `UPDATE_DOCS=1 cargo test schema`");
    }
}
