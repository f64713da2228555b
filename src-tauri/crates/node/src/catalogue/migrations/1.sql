-- Instants are nanoseconds of UTC since the Unix epoch. Times on media timelines are ten-byte keys
-- that sort as time does, or TAMS text where nothing sorts by them.

CREATE TABLE node (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT;

CREATE TABLE source (
    key         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    format      TEXT NOT NULL,
    label       TEXT,
    description TEXT,
    created_by  TEXT,
    updated_by  TEXT,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    tags        TEXT NOT NULL
) STRICT;

CREATE TABLE profile (
    key      INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    format   TEXT NOT NULL,
    codec    TEXT,
    label    TEXT,
    created  INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

-- document is the flow as JSON without what the other columns and tables hold.
CREATE TABLE flow (
    key              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    source           INTEGER NOT NULL REFERENCES source (key),
    profile          TEXT REFERENCES profile (id),
    label            TEXT,
    status           TEXT,
    format           TEXT NOT NULL,
    codec            TEXT,
    container        TEXT,
    frame_width      INTEGER,
    frame_height     INTEGER,
    init_segments    INTEGER NOT NULL,
    read_only        INTEGER NOT NULL,
    deleting         INTEGER NOT NULL DEFAULT 0,
    created          INTEGER NOT NULL,
    metadata_updated INTEGER NOT NULL,
    segments_updated INTEGER,
    tags             TEXT NOT NULL,
    document         TEXT NOT NULL
) STRICT;
CREATE INDEX flow_source ON flow (source);

-- A flow in the collection of another; document is the collection item as JSON.
CREATE TABLE member (
    collector INTEGER NOT NULL REFERENCES flow (key) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    flow      INTEGER NOT NULL REFERENCES flow (key) ON DELETE CASCADE,
    role      TEXT,
    document  TEXT NOT NULL,
    PRIMARY KEY (collector, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX member_flow ON member (flow, collector);

-- key also names the object's file. use is NULL until a segment refers to it, then media or init.
-- idle_since is when it was allocated or lost its last segment; NULL while one refers to it.
CREATE TABLE object (
    key             INTEGER PRIMARY KEY AUTOINCREMENT,
    id              TEXT NOT NULL UNIQUE,
    use             TEXT CHECK (use IN ('media', 'init')),
    reserved_for    INTEGER,
    managed         INTEGER NOT NULL,
    content_type    TEXT,
    size            INTEGER,
    sha256          BLOB,
    first_flow      TEXT,
    timerange       TEXT,
    key_frame_count INTEGER,
    init            INTEGER REFERENCES object (key),
    idle_since      INTEGER
) STRICT;
CREATE INDEX object_init ON object (init) WHERE init IS NOT NULL;
CREATE INDEX object_idle ON object (idle_since) WHERE idle_since IS NOT NULL;

-- A copy of an object elsewhere that a client told us of.
CREATE TABLE copy (
    object INTEGER NOT NULL REFERENCES object (key) ON DELETE CASCADE,
    label  TEXT NOT NULL,
    url    TEXT NOT NULL,
    PRIMARY KEY (object, label)
) STRICT, WITHOUT ROWID;

-- starts is the first nanosecond, ends the first one after the segment.
CREATE TABLE segment (
    flow          INTEGER NOT NULL REFERENCES flow (key),
    starts        BLOB NOT NULL,
    ends          BLOB NOT NULL,
    end_inclusive INTEGER NOT NULL,
    object        INTEGER NOT NULL REFERENCES object (key),
    ts_offset     TEXT,
    last_duration TEXT,
    sample_offset INTEGER,
    sample_count  INTEGER,
    PRIMARY KEY (flow, starts)
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_object ON segment (object, flow);

-- flow is a number and no reference: the request outlives the flow. remaining is the timerange of
-- the segments still there, as JSON Schema timerange text.
CREATE TABLE deletion (
    key         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    flow        INTEGER NOT NULL,
    flow_id     TEXT NOT NULL,
    timerange   TEXT NOT NULL,
    object_id   TEXT,
    delete_flow INTEGER NOT NULL,
    remaining   TEXT NOT NULL,
    status      TEXT NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    expiry      INTEGER
) STRICT;

-- Keys of deleted objects whose files are still to be removed.
CREATE TABLE trash (
    object INTEGER PRIMARY KEY
) STRICT;
