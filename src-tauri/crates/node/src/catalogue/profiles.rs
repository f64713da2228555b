//! Profiles: immutable technical metadata that flows are made from.

use rusqlite::{OptionalExtension, Transaction, params};
use tams_model::{ContentFormat, Flow, Id, MimeType, Profile};

use super::filter::Conditions;
use super::{Catalogue, PRINCIPAL, Page, Paged, date};
use crate::NodeError;
use crate::schema::{Schema, check};

/// Which profiles to list. Everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// Of this format.
    pub format: Option<ContentFormat>,
    /// Of this codec.
    pub codec: Option<MimeType>,
    /// With exactly this label.
    pub label: Option<String>,
}

impl Catalogue {
    /// Creates a profile and returns it as it was stored.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] when it breaks the 8.2 schema, [`NodeError::Conflict`] when there is
    /// one of that id: profiles never change.
    pub fn create_profile(&self, profile: Profile) -> Result<Profile, NodeError> {
        self.write(|tx, now| {
            let mut profile = profile;
            profile.created = Some(date(now.0));
            profile
                .created_by
                .get_or_insert_with(|| PRINCIPAL.to_owned());
            let value = serde_json::to_value(&profile)
                .map_err(|wrong| NodeError::damaged("a profile", wrong))?;
            check(Schema::Profile, &value)?;
            if find(tx, profile.id)?.is_some() {
                return Err(NodeError::Conflict {
                    why: format!(
                        "there is a profile {} already and profiles never change",
                        profile.id
                    ),
                });
            }
            let metadata = &profile.flow_metadata;
            tx.execute(
                "INSERT INTO profile (id, format, codec, label, created, document) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    profile.id.to_string(),
                    metadata.format.map(ContentFormat::urn),
                    metadata.codec.as_ref().map(MimeType::as_str),
                    profile.label,
                    now.0,
                    value.to_string(),
                ],
            )?;
            Ok(profile)
        })
    }

    /// A profile.
    ///
    /// # Errors
    ///
    /// [`NodeError::NotFound`].
    pub fn profile(&self, id: Id) -> Result<Profile, NodeError> {
        self.read(|tx| find(tx, id)?.ok_or_else(|| NodeError::not_found("profile", id)))
    }

    /// A page of the profiles that pass `filter`, newest first.
    ///
    /// # Errors
    ///
    /// [`NodeError::Invalid`] for a foreign page key.
    pub fn profiles(
        &self,
        filter: &ProfileFilter,
        page: &Page,
    ) -> Result<Paged<Profile>, NodeError> {
        let mut conditions = Conditions::default();
        conditions.and_equal(
            "p.format",
            filter.format.map(|format| format.urn().to_owned()),
        );
        conditions.and_equal(
            "p.codec",
            filter.codec.as_ref().map(|codec| codec.as_str().to_owned()),
        );
        conditions.and_equal("p.label", filter.label.clone());
        self.read(|tx| {
            conditions.page(
                tx,
                "p.document AS document",
                "profile p",
                &["-p.created", "p.id"],
                (false, page),
                |row| parse(&row.get::<_, String>("document")?),
            )
        })
    }
}

fn find(tx: &Transaction<'_>, id: Id) -> Result<Option<Profile>, NodeError> {
    let document: Option<String> = tx
        .query_row(
            "SELECT document FROM profile WHERE id = ?1",
            [id.to_string()],
            |row| row.get(0),
        )
        .optional()?;
    document.map(|document| parse(&document)).transpose()
}

fn parse(document: &str) -> Result<Profile, NodeError> {
    serde_json::from_str(document).map_err(|wrong| NodeError::damaged("a profile", wrong))
}

/// Gives a flow that names a profile the technical metadata of that profile; it may bring none of
/// its own.
pub(super) fn apply(tx: &Transaction<'_>, flow: Flow) -> Result<Flow, NodeError> {
    let Some(id) = flow.profile_id else {
        return Ok(flow);
    };
    if !flow.technical.is_empty() {
        return Err(NodeError::invalid(
            "/profile_id",
            "a flow made from a profile must bring no technical metadata of its own",
        ));
    }
    let Some(profile) = find(tx, id)? else {
        return Err(NodeError::invalid(
            "/profile_id",
            format!("there is no profile {id}"),
        ));
    };
    Ok(Flow {
        technical: profile.flow_metadata,
        ..flow
    })
}
