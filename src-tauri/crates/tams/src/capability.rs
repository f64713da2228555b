//! What a server can do beyond the least every one can.

use std::collections::BTreeSet;

/// One thing servers differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Name and description of the server can be set.
    ServiceUpdate,
    /// Storage backends are listed.
    StorageBackends,
    /// Profiles (8.2).
    Profiles,
    /// Lists of sources are filtered by the server.
    SourceFilters,
    /// Lists of flows are filtered by the server.
    FlowFilters,
    /// Lists are sorted on request (8.2).
    SortBy,
    /// Lists are filtered by what collects their items (8.2).
    CollectedByFilter,
    /// Tags may have several values (8.0).
    TagArrays,
    /// A flow tells its timerange on request.
    FlowTimerange,
    /// Flows have a status of their own (8.2); before, it is the tag `flow_status`.
    FlowStatus,
    /// Bit rates can be set by themselves.
    BitRates,
    /// Places to upload objects to are given out.
    StorageAllocation,
    /// The client may choose the names of the objects it uploads.
    ChosenObjectIds,
    /// An object comes with the call that registers its segment, and no other way.
    MediaWithSegment,
    /// Objects may lie where the server has nothing to say: it is told their addresses.
    UncontrolledObjects,
    /// Ids may be derived from what they name (version 5), not only random.
    DerivedIds,
    /// Objects can be asked about by themselves.
    Objects,
    /// Copies of objects can be made and registered (8.0).
    Instances,
    /// A segment keeps its `ts_offset`.
    TimestampOffset,
    /// A segment may refer to an object of another flow, and is found by it.
    EditByReference,
    /// A segment tells what its whole object covers (8.0).
    ObjectTimerange,
    /// Objects may need an initialisation segment (8.2).
    InitSegments,
    /// Members of a collection may lack a role (8.2).
    OptionalRoles,
    /// URLs can be asked for by whether they are presigned (8.2).
    PresignedFilter,
    /// Deletions under way can be followed.
    DeletionRequests,
    /// Long lists come in pages, so that they can be read to their end.
    Paging,
}

impl Capability {
    const ALL: [Self; 26] = [
        Self::ServiceUpdate,
        Self::StorageBackends,
        Self::Profiles,
        Self::SourceFilters,
        Self::FlowFilters,
        Self::SortBy,
        Self::CollectedByFilter,
        Self::TagArrays,
        Self::FlowTimerange,
        Self::FlowStatus,
        Self::BitRates,
        Self::StorageAllocation,
        Self::ChosenObjectIds,
        Self::MediaWithSegment,
        Self::UncontrolledObjects,
        Self::DerivedIds,
        Self::Objects,
        Self::Instances,
        Self::TimestampOffset,
        Self::EditByReference,
        Self::ObjectTimerange,
        Self::InitSegments,
        Self::OptionalRoles,
        Self::PresignedFilter,
        Self::DeletionRequests,
        Self::Paging,
    ];

    /// What a server without it does not do, to follow the server's name in a sentence.
    pub const fn lack(self) -> &'static str {
        match self {
            Self::ServiceUpdate => "doesn't let its name and description be set",
            Self::StorageBackends => "doesn't list its storage backends",
            Self::Profiles => "has no profiles, which came with TAMS 8.2",
            Self::SourceFilters => "doesn't filter its list of sources",
            Self::FlowFilters => "doesn't filter its list of flows",
            Self::SortBy => "doesn't sort its lists, which came with TAMS 8.2",
            Self::CollectedByFilter => {
                "doesn't filter by what collects an item, which came with TAMS 8.2"
            }
            Self::TagArrays => "keeps one value per tag, not several",
            Self::FlowTimerange => "doesn't tell the timerange of a flow",
            Self::FlowStatus => "has no status of flows, which came with TAMS 8.2",
            Self::BitRates => "answers that it sets a bit rate and doesn't",
            Self::StorageAllocation => "gives out no places to upload objects to",
            Self::ChosenObjectIds => "chooses the names of objects itself",
            Self::MediaWithSegment => "takes media by themselves, not with their segments",
            Self::UncontrolledObjects => "takes no objects that lie in a store of somebody else",
            Self::DerivedIds => "takes version 4 UUIDs only",
            Self::Objects => "doesn't answer about objects",
            Self::Instances => "doesn't let copies of an object be made or registered",
            Self::TimestampOffset => {
                "accepts the time offset of a segment and loses it, so the segment would play at the wrong time"
            }
            Self::EditByReference => {
                "can't find an object that another flow brought, so an edit by reference could not be played"
            }
            Self::ObjectTimerange => {
                "doesn't keep what a whole object covers, which came with TAMS 8.0"
            }
            Self::InitSegments => "has no initialisation segments, which came with TAMS 8.2",
            Self::OptionalRoles => {
                "wants a role for every member of a collection, which TAMS 8.2 doesn't"
            }
            Self::PresignedFilter => {
                "doesn't tell presigned URLs from others on request, which came with TAMS 8.2"
            }
            Self::DeletionRequests => "doesn't tell how far a deletion is",
            Self::Paging => "cuts long lists off without saying so",
        }
    }
}

/// What one server can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities(BTreeSet<Capability>);

impl Capabilities {
    /// Whether the server can do `capability`.
    pub fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }

    /// All it can do, in order.
    pub fn iter(&self) -> impl Iterator<Item = Capability> + '_ {
        self.0.iter().copied()
    }

    /// What the specification of `version` has; a version that can't be read counts as 8.0.
    pub(crate) fn of_version(version: Option<(u32, u32)>) -> Self {
        let version = version.unwrap_or((8, 0));
        let since = |capability: Capability| match capability {
            Capability::TagArrays | Capability::Instances | Capability::ObjectTimerange => (8, 0),
            Capability::Profiles
            | Capability::SortBy
            | Capability::CollectedByFilter
            | Capability::FlowStatus
            | Capability::InitSegments
            | Capability::OptionalRoles
            | Capability::PresignedFilter => (8, 2),
            _ => (0, 0),
        };
        Self(
            Capability::ALL
                .into_iter()
                // No version of the specification has it.
                .filter(|capability| *capability != Capability::MediaWithSegment)
                .filter(|capability| version >= since(*capability))
                .collect(),
        )
    }

    pub(crate) fn with(mut self, further: &[Capability]) -> Self {
        self.0.extend(further);
        self
    }

    pub(crate) fn without(mut self, lacking: &[Capability]) -> Self {
        for capability in lacking {
            self.0.remove(capability);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_bring_capabilities() {
        let at = |version| Capabilities::of_version(version);
        assert!(at(Some((8, 2))).has(Capability::Profiles));
        assert!(!at(Some((8, 1))).has(Capability::Profiles));
        assert!(at(Some((8, 0))).has(Capability::TagArrays));
        assert!(!at(Some((7, 0))).has(Capability::TagArrays));
        assert!(at(Some((9, 0))).has(Capability::SortBy));
        assert_eq!(at(None), at(Some((8, 0))));
        assert_eq!(at(Some((8, 2))).iter().count(), Capability::ALL.len() - 1);
        let more = at(None).with(&[Capability::MediaWithSegment]);
        assert!(more.has(Capability::MediaWithSegment));
    }
}
