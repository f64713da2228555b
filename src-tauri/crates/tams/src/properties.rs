//! Single properties of sources and flows: label, description, tags.

use http::Method;
use serde_json::Value;
use tams_model::{Id, TagValue, Tags};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::reading;
use crate::transport::Call;

/// What has label, description and tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A source.
    Source(Id),
    /// A flow.
    Flow(Id),
}

impl Entity {
    /// Where it is: the list and its id.
    fn place(self) -> (&'static str, String) {
        match self {
            Self::Source(id) => ("sources", id.to_string()),
            Self::Flow(id) => ("flows", id.to_string()),
        }
    }
}

impl Connection {
    /// The label, when there is one.
    ///
    /// # Errors
    ///
    /// [`TamsError::NotFound`] and what any call fails with.
    pub async fn label(&self, of: Entity) -> Result<Option<String>, TamsError> {
        self.text(of, "label").await
    }

    /// Sets the label, or takes it away.
    ///
    /// # Errors
    ///
    /// [`TamsError::Forbidden`] when the flow is read-only, and what any call fails with.
    pub async fn set_label(&self, of: Entity, label: Option<&str>) -> Result<(), TamsError> {
        self.set_property(of, "label", label.map(Value::from)).await
    }

    /// The description, when there is one.
    ///
    /// # Errors
    ///
    /// [`TamsError::NotFound`] and what any call fails with.
    pub async fn description(&self, of: Entity) -> Result<Option<String>, TamsError> {
        self.text(of, "description").await
    }

    /// Sets the description, or takes it away.
    ///
    /// # Errors
    ///
    /// [`TamsError::Forbidden`] when the flow is read-only, and what any call fails with.
    pub async fn set_description(
        &self,
        of: Entity,
        description: Option<&str>,
    ) -> Result<(), TamsError> {
        self.set_property(of, "description", description.map(Value::from))
            .await
    }

    /// All tags.
    ///
    /// # Errors
    ///
    /// [`TamsError::NotFound`] and what any call fails with.
    pub async fn tags(&self, of: Entity) -> Result<Tags, TamsError> {
        let (list, id) = of.place();
        self.get_one(&[list, &id, "tags"], "tags").await
    }

    /// Sets one tag.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] for several values where the server keeps one, and what any call
    /// fails with.
    pub async fn set_tag(&self, of: Entity, name: &str, value: &TagValue) -> Result<(), TamsError> {
        if matches!(value, TagValue::Many(_)) {
            self.require(Capability::TagArrays)?;
        }
        let (list, id) = of.place();
        let url = self.url(&[list, &id, "tags", name])?;
        self.write(&Call::new(Method::PUT, url).json(value)?)
            .await
            .map(drop)
    }

    /// Takes one tag away. It may be gone already.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn delete_tag(&self, of: Entity, name: &str) -> Result<(), TamsError> {
        let (list, id) = of.place();
        self.take_away(&[list, &id, "tags", name]).await
    }

    /// Sets the property `name`, or takes it away.
    pub(crate) async fn set_property(
        &self,
        of: Entity,
        name: &'static str,
        value: Option<Value>,
    ) -> Result<(), TamsError> {
        let (list, id) = of.place();
        let path = [list, id.as_str(), name];
        let Some(value) = value else {
            return self.take_away(&path).await;
        };
        let call = Call::new(Method::PUT, self.url(&path)?);
        let call = self.adapter().property_call(call, name, &value)?;
        self.write(&call).await.map(drop)
    }

    async fn take_away(&self, path: &[&str]) -> Result<(), TamsError> {
        let call = Call::new(Method::DELETE, self.url(path)?);
        match self.write(&call).await {
            // What a lost answer had deleted is not there the second time.
            Ok(_) | Err(TamsError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn text(&self, of: Entity, name: &'static str) -> Result<Option<String>, TamsError> {
        let (list, id) = of.place();
        let answer = self.send(&Call::get(self.url(&[list, &id, name])?)).await?;
        if answer.body.is_empty() {
            return Ok(None);
        }
        let value: Value = reading::one(&answer, "a text")?;
        match value {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            // vasttams wraps it: {"label": "…"}
            Value::Object(members) => Ok(members
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)),
            _ => Err(TamsError::BadAnswer {
                at: answer.place(),
                what: "a text",
                detail: "it is neither a string nor null".to_owned(),
            }),
        }
    }
}
