//! The numbers that `--metrics` serves.

use super::plan::MetricsPlace;
use crate::analyzer::Judged;
use crate::metrics::{Endpoint, Memory, Metrics, Standing, Verdict};
use crate::report::view::Outcome;

/// Counts for a scraper, or for nobody.
pub struct Counting {
    served: Option<Served>,
}

struct Served {
    metrics: Metrics,
    memory: Memory,
    /// Until its thread is started.
    endpoint: Option<Endpoint>,
}

impl Counting {
    /// Takes the port, while there is a right to it.
    pub fn open(place: Option<&MetricsPlace>) -> Result<Self, String> {
        let Some(place) = place else { return Ok(Self { served: None }) };
        let endpoint = Some(Endpoint::bind(place.address, &place.hosts)?);
        Ok(Self { served: Some(Served { metrics: Metrics::default(), memory: Memory::open(), endpoint }) })
    }

    /// Starts to serve; the thread has the rights that are left.
    pub fn serve(&mut self) -> Result<(), String> {
        let Some(served) = &mut self.served else { return Ok(()) };
        let Some(endpoint) = served.endpoint.take() else { return Ok(()) };
        endpoint.serve(served.metrics.clone()).map_err(|error| format!("--metrics: no thread can be started: {error}"))
    }

    /// A connection was judged.
    pub fn judged(&self, judged: &Judged, outcome: Outcome) {
        let Some(served) = &self.served else { return };
        served.metrics.judged(Verdict {
            id: judged.judgement.verdict().map_or("none", |finding| finding.id),
            outcome: match outcome {
                Outcome::Failed => "failed",
                Outcome::Unclear => "unclear",
                Outcome::Open => "open",
                Outcome::Healthy => "healthy",
            },
            phase: judged.judgement.ended.phase.word(),
            server: &judged.record.server.to_string(),
        });
    }

    /// How things stand; the memory is looked up here.
    pub fn stand(&self, standing: Standing) {
        if let Some(served) = &self.served {
            served.metrics.stand(Standing { memory: served.memory.resident(), ..standing });
        }
    }
}
