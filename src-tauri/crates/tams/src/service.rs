//! The server itself: name, storage backends, profiles.

use serde_json::Value;
use tams_model::{Id, Profile, Service, ServiceUpdate, StorageBackend};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::issue::Listed;
use crate::pages::Pages;
use crate::reading;
use crate::transport::Call;

impl Connection {
    /// What the server says of itself now.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn read_service(&self) -> Result<Service, TamsError> {
        self.get_one(&["service"], "a TAMS service").await
    }

    /// Sets name and description of the server; what is absent stays. Needs the scope `admin`.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn set_service(&self, update: &ServiceUpdate) -> Result<(), TamsError> {
        self.require(Capability::ServiceUpdate)?;
        let mut call = Call::new(http::Method::POST, self.url(&["service"])?).json(update)?;
        // The same name twice is the same name.
        call.repeatable = true;
        self.write(&call).await.map(drop)
    }

    /// The places the server keeps objects in.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn storage_backends(&self) -> Result<Listed<StorageBackend>, TamsError> {
        self.require(Capability::StorageBackends)?;
        let url = self.url(&["service", "storage-backends"])?;
        Pages::new(self.clone(), url, None).all().await
    }

    /// The profiles flows can be made from.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn profiles(&self) -> Result<Listed<Profile>, TamsError> {
        self.require(Capability::Profiles)?;
        let url = self.url(&["service", "profiles"])?;
        Pages::new(self.clone(), url, None).all().await
    }

    /// One profile.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`], [`TamsError::NotFound`] and what any call fails with.
    pub async fn profile(&self, id: Id) -> Result<Profile, TamsError> {
        self.require(Capability::Profiles)?;
        let id = id.to_string();
        self.get_one(&["service", "profiles", &id], "a profile")
            .await
    }

    /// Creates a profile under the id it carries. Profiles never change: one that is there already
    /// must be the same.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`], [`TamsError::Integrity`] when another profile has the id, and what
    /// any call fails with.
    pub async fn create_profile(&self, profile: &Profile) -> Result<(), TamsError> {
        self.require(Capability::Profiles)?;
        let id = profile.id.to_string();
        let url = self.url(&["service", "profiles", &id])?;
        let mut body = serde_json::to_value(profile).map_err(|wrong| TamsError::InvalidInput {
            what: "a profile",
            reason: wrong.to_string(),
        })?;
        if let Value::Object(members) = &mut body {
            members.shift_remove("created");
        }
        let call = Call::new(http::Method::POST, url).json(&body)?;
        let error = match self.send(&call).await {
            Ok(answer) => return reading::refuse_hidden_error(&answer),
            Err(error) => error,
        };
        let rejected = matches!(
            error,
            TamsError::Rejected {
                status: 400 | 409,
                ..
            }
        );
        if !rejected && !error.is_ambiguous() {
            return Err(error);
        }
        match self.profile(profile.id).await {
            Ok(kept) if kept.flow_metadata == profile.flow_metadata => Ok(()),
            Ok(_) => Err(TamsError::Integrity {
                what: format!("profile {id}"),
                detail: "the server has another one under this id".to_owned(),
            }),
            Err(_) => Err(error),
        }
    }
}
