//! What a connection takes from the world besides the network: time and chance.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mediatime::Clock;
use rand::RngCore;

/// Waits. Passed in so that tests of back-off take no time.
#[async_trait]
pub trait Pause: Send + Sync {
    /// Returns after `time`.
    async fn pause(&self, time: Duration);
}

/// A source of randomness: for jitter, and for the secrets of signing in by the browser.
pub trait Chance: Send + Sync {
    /// Fills `bytes` so that nobody can guess them.
    fn fill(&self, bytes: &mut [u8]);
}

/// Clock, timer and randomness of a connection.
#[derive(Clone)]
pub struct Surroundings {
    /// The time of day, for the life of tokens.
    pub clock: Arc<dyn Clock>,
    /// The timer between tries.
    pub pause: Arc<dyn Pause>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

impl Surroundings {
    /// The runtime's timer and the system's randomness, beside `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            pause: Arc::new(Timer),
            chance: Arc::new(SystemChance),
        }
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}

struct Timer;

#[async_trait]
impl Pause for Timer {
    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}
