//! The registry of diagnoses. Adding one is a file `<id>.rs`, its page `<id>.md` and one line here.
//!
//! The order is the precedence: the first that applies leads the report, the others are listed behind it. What is said in
//! clear text comes before what is measured, what is measured before what is only fitting (damaged evidence first).

mod build;

pub use build::Detected;

use super::case::Case;

/// One diagnosis of the catalogue.
#[derive(Debug)]
pub struct Diagnosis {
    /// Its id, a public promise.
    pub id: &'static str,
    /// Its page, Markdown.
    pub page: &'static str,
    detect: fn(&Case<'_>) -> Option<Detected>,
}

impl Diagnosis {
    /// What happened, in one line: the title of the page.
    pub fn title(&self) -> &'static str {
        let first = self.page.lines().next().unwrap_or_default();
        first.split_once(": ").map_or(self.id, |(_, title)| title)
    }
}

macro_rules! registry {
    ($($module:ident = $id:literal),+ $(,)?) => {
        $(mod $module;)+
        /// Every diagnosis, in order of precedence.
        pub static REGISTRY: &[Diagnosis] = &[
            $(Diagnosis { id: $id, page: include_str!(concat!(stringify!($module), ".md")), detect: $module::detect }),+
        ];
    };
}

registry! {
    maxstartups_drop = "maxstartups-drop",
}

/// The diagnosis of an id.
pub fn find(id: &str) -> Option<&'static Diagnosis> {
    REGISTRY.iter().find(|diagnosis| diagnosis.id == id)
}

/// The page of an id.
pub fn page(id: &str) -> Option<&'static str> {
    find(id).map(|diagnosis| diagnosis.page)
}

/// Everything that applies to a case, the leading one first.
pub fn detect(case: &Case<'_>) -> Vec<Detected> {
    let mut found: Vec<Detected> = REGISTRY.iter().filter_map(|diagnosis| (diagnosis.detect)(case)).collect();
    // Beside a specific diagnosis, however unsure, the general ones only repeat `ended`.
    if found.iter().any(|detected| detected.may_lead() && !detected.is_general()) {
        found.retain(|detected| !detected.is_general());
    }
    found.sort_by_key(|detected| !detected.may_lead());
    found
}
