//! TAMS as specified, 8.2 and the versions before it that a server may claim.

use serde_json::{Value, json};
use tams_model::{Flow, TagValue, Tags};

use super::Adapter;
use crate::capability::{Capabilities, Capability};
use crate::error::TamsError;

/// A server that follows the specification.
#[derive(Debug)]
pub(super) struct Standard {
    version: Option<(u32, u32)>,
}

impl Standard {
    pub(super) const fn new(version: Option<(u32, u32)>) -> Self {
        Self { version }
    }
}

impl Adapter for Standard {
    fn title(&self) -> &'static str {
        "TAMS"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of_version(self.version)
    }
}

/// A flow as `PUT` takes it: without what the server manages, and with the status where a server of
/// this age keeps it.
pub(super) fn flow_body(flow: &Flow, capabilities: &Capabilities) -> Result<Value, TamsError> {
    let mut sent = flow.clone();
    sent.created = None;
    sent.metadata_updated = None;
    sent.segments_updated = None;
    sent.metadata_version = None;
    sent.timerange = None;
    sent.collected_by = None;
    if !capabilities.has(Capability::FlowStatus)
        && let Some(status) = sent.status.take()
    {
        // AppNote 0003: before 8.2 the status was this tag.
        sent.tags
            .get_or_insert_with(Tags::new)
            .insert("flow_status", status.as_str());
    }
    if !capabilities.has(Capability::TagArrays)
        && let Some(tags) = &sent.tags
        && let Some(name) = several_values(tags)
    {
        return Err(TamsError::InvalidInput {
            what: "a flow",
            reason: format!("its tag {name} has several values, and the server keeps one"),
        });
    }
    let mut body = serde_json::to_value(&sent).map_err(|wrong| TamsError::InvalidInput {
        what: "a flow",
        reason: wrong.to_string(),
    })?;
    if let Some(members) = body.get_mut("flow_collection")
        && !capabilities.has(Capability::OptionalRoles)
    {
        give_roles(members);
    }
    Ok(body)
}

/// Gives those members of a collection a role that have none (ADR 0056: required before 8.2).
pub(super) fn give_roles(members: &mut Value) {
    for member in members
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        member.entry("role").or_insert_with(|| json!("member"));
    }
}

/// The name of the first tag that is an array.
pub(super) fn several_values(tags: &Tags) -> Option<&str> {
    tags.iter()
        .find(|(_, value)| matches!(value, TagValue::Many(_)))
        .map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> Flow {
        serde_json::from_value(json!({
            "id": "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
            "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
            "format": "urn:x-nmos:format:multi", "container": "video/mp4",
            "status": "ingesting", "tags": {"a": "b"},
            "created": "2026-01-01T00:00:00Z", "timerange": "[0:0_1:0)", "collected_by": [],
        }))
        .unwrap()
    }

    #[test]
    fn what_the_server_manages_is_not_sent() {
        let body = flow_body(&flow(), &Capabilities::of_version(Some((8, 2)))).unwrap();
        assert_eq!(
            body,
            json!({
                "id": "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
                "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
                "format": "urn:x-nmos:format:multi", "container": "video/mp4",
                "status": "ingesting", "tags": {"a": "b"},
            })
        );
    }

    #[test]
    fn older_servers_have_the_status_as_a_tag() {
        let body = flow_body(&flow(), &Capabilities::of_version(Some((8, 1)))).unwrap();
        assert_eq!(body["tags"], json!({"a": "b", "flow_status": "ingesting"}));
        assert!(body.get("status").is_none());
        let mut arrays = flow();
        arrays.tags = Some([("x", vec!["1".to_owned()])].into_iter().collect());
        assert!(flow_body(&arrays, &Capabilities::of_version(Some((7, 0)))).is_err());
        assert!(flow_body(&arrays, &Capabilities::of_version(Some((8, 0)))).is_ok());
    }
}
