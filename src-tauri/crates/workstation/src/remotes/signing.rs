//! Reading objects that lie in a store of the user's own, of which a server knows the address only.

use super::Remotes;
use async_trait::async_trait;
use delivery::Delivery;
use mediatime::Clock;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tams::ObjectSigner;
use url::Url;

/// How long a signed address is good. Each request gets one of its own.
const LIFE: Duration = Duration::from_secs(900);

/// Signs addresses in one bucket, and no others.
struct OwnStore {
    delivery: Delivery,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for OwnStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl ObjectSigner for OwnStore {
    async fn sign(&self, url: &Url) -> Option<Url> {
        let signed = self
            .delivery
            .presign_address(url, LIFE, self.clock.now())
            .await;
        match signed {
            Ok(signed) => Url::parse(signed?.expose()).ok(),
            Err(error) => {
                tracing::warn!("the store's address is read without a signature: {error}");
                None
            }
        }
    }
}

impl Remotes {
    /// What signs addresses for a connection whose objects lie in a store. Without its keys, objects
    /// are read as the server says: other copies of them may be open.
    pub(super) fn signer(&self, name: &str, store: Option<&str>) -> Option<Arc<dyn ObjectSigner>> {
        let store = store?;
        let delivery = crate::config::endpoint(&self.inner.stores, store, &self.inner.secrets)
            .and_then(|endpoint| Ok(Delivery::new(endpoint)?));
        match delivery {
            Ok(delivery) => Some(Arc::new(OwnStore {
                delivery,
                clock: Arc::clone(&self.inner.clock),
            })),
            Err(failure) => {
                tracing::info!("tams.{name} reads its store without keys: {failure}");
                None
            }
        }
    }
}
