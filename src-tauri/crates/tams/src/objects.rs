//! Objects: who uses them, where copies are.

use http::Method;
use tams_model::{Id, InstancePost, ObjectInfo};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::query::Urls;
use crate::reading;
use crate::transport::Call;

/// Which copy of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instance {
    /// The one on this storage backend.
    Storage(Id),
    /// The one with this label.
    Label(String),
}

impl Connection {
    /// Who uses an object, what it covers, and, when asked for, where it can be read.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`], [`TamsError::NotFound`] and what any call fails with.
    pub async fn object(&self, object_id: &str, urls: &Urls) -> Result<ObjectInfo, TamsError> {
        self.require(Capability::Objects)?;
        let mut call = Call::get(self.url(&["objects", object_id])?);
        urls.append(&mut call.url);
        if call.url.query() == Some("") {
            call.url.set_query(None);
        }
        let answer = self.send(&call).await?;
        reading::one(&answer, "an object")
    }

    /// Has a copy of an object made, or tells the server of one.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn add_instance(
        &self,
        object_id: &str,
        instance: &InstancePost,
    ) -> Result<(), TamsError> {
        self.require(Capability::Instances)?;
        let url = self.url(&["objects", object_id, "instances"])?;
        self.write(&Call::new(Method::POST, url).json(instance)?)
            .await
            .map(drop)
    }

    /// Takes one copy of an object away. It may be gone already.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn delete_instance(
        &self,
        object_id: &str,
        instance: &Instance,
    ) -> Result<(), TamsError> {
        self.require(Capability::Instances)?;
        let call = Call::new(
            Method::DELETE,
            self.url(&["objects", object_id, "instances"])?,
        );
        let call = match instance {
            Instance::Storage(id) => call.query("storage_id", &id.to_string()),
            Instance::Label(label) => call.query("label", label),
        };
        match self.write(&call).await {
            Ok(_) | Err(TamsError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
