// Written from the crate `ipc` by its test; change the types there.

export type Rate = { 
/** Frames. */
numerator: number, 
/** In so many seconds. */
denominator: number, };

export type Availability = "cached" | "partial" | "online" | "offline" | "expired" | "missing";

export type ConnectionState = "connecting" | "online" | "offline" | "refused" | "wrong";

export type ConnectionView = { 
/** Its name in the configuration. */
name: string, 
/** Host and path of the server, without credentials. */
address: string, 
/** What the server is, such as `vasttams 8.0`; `None` until it was reached. */
server: string | null, 
/** How it stands. */
state: ConnectionState, 
/** It is being asked now. */
busy: boolean, 
/** When what is shown of it was read, RFC 3339; `None` when nothing ever was. */
asOf: string | null, 
/** Why it is not online: what happened, and the next step. */
problem: FailureView | null, 
/** What makes no sense in its answers, a line each. */
issues: Array<string>, };

export type SourceView = { 
/** TAMS id, behind the name of its connection when it has one: `studio/UUID`. */
id: string, 
/** The connection it is at; `None` for the local node. */
connection: string | null, 
/** Its label, or what stands in for one. */
title: string, 
/** When it was made, RFC 3339. */
created: string | null, 
/** The flows that can be opened, the one to cut first. A flow that another one collects is
 * listed behind it. */
flows: Array<FlowView>, 
/** The flow to look at: the one of the lowest bit rate among those that show the frames of the
 * best one. `None` when none of them can be opened. */
previewFlow: string | null, 
/** The flow to compile from: the best one. `None` as above. */
bestFlow: string | null, 
/** Words it is found by, besides title and ids. */
tags: Array<string>, };

export type FlowView = { 
/** TAMS id, behind the name of its connection when it has one: `studio/UUID`. */
id: string, 
/** `1080p25 · H.264 · 8 Mb/s`, `Stereo · AAC · 192 kb/s`. */
title: string, 
/** `video`, `audio`, `multi`, `data` or `image`. */
format: string, 
/** It has segments, so it can be opened in the source monitor. */
playable: boolean, 
/** Its media on this machine. */
availability: Availability, 
/** What its segments cover, TAMS text. */
timerange: string, 
/** Whole milliseconds of that, for words like `30 s`. */
durationMs: number, 
/** `None` when it varies or there is no video. */
frameRate: Rate | null, 
/** Pixels; 0 without video. */
width: number, 
/** Pixels; 0 without video. */
height: number, 
/** It carries sound. */
sound: boolean, };

export type FlowSegments = { 
/** TAMS id. */
flowId: string, 
/** Frames of the whole flow. */
frames: number, 
/** `None` when it varies. */
frameRate: Rate | null, 
/** In time order. */
segments: Array<SegmentView>, 
/** Frames from which decoding can start. */
keyFrames: Array<number>, 
/** Where nothing is. */
gaps: Array<GapView>, };

export type SegmentView = { 
/** TAMS object id. */
objectId: string, 
/** Flow time, TAMS text. */
timerange: string, 
/** Its first frame, counted from the flow's first. */
firstFrame: number, 
/** Frames in it. */
frames: number, 
/** Bytes of its object, when they are here. */
bytes: number | null, 
/** Its object is on this machine. */
here: boolean, };

export type GapView = { 
/** The frame behind which it lies. */
afterFrame: number, 
/** Flow time, TAMS text. */
timerange: string, };

export type MonitorName = "source" | "record";

export type MonitorState = "empty" | "opening" | "ready" | "slate";

export type LiveState = "still" | "growing" | "following";

export type LoudnessView = { 
/** Of the last 400 ms, in tenths of LUFS; `None` for silence, and while less was played. */
momentary: number | null, 
/** Of the last 3 s, in tenths of LUFS; `None` for silence, and while less was played. */
shortTerm: number | null, 
/** Of everything since play began, gated, in tenths of LUFS. */
integrated: number | null, 
/** The highest peak between samples since play began, in tenths of dBTP. */
truePeak: number | null, };

export type MonitorView = { 
/** Which one. */
monitor: MonitorName, 
/** What it shows. */
state: MonitorState, 
/** Why there is a slate: what is missing, and where. */
problem: FailureView | null, 
/** Rises when what is loaded changes. */
generation: number, 
/** Rises with every view: of two, the one with the higher number is newer. */
version: number, 
/** Name of what is loaded; empty when nothing is. */
title: string, 
/** The flow that is loaded in the source monitor. */
flowId: string | null, 
/** Frames in all. */
frames: number, 
/** `None` when it varies; timecode then counts at 25. */
frameRate: Rate | null, 
/** Pixels of the picture as it is meant to be seen. */
width: number, 
/** Pixels of the picture as it is meant to be seen. */
height: number, 
/** There is sound. */
sound: boolean, 
/** The frame under the playhead: of the last picture given out. */
frame: number, 
/** Times normal speed: 0 paused, 1 play, negative backwards. */
rate: number, 
/** It plays a stretch again and again. */
repeats: boolean, 
/** Whether what is loaded gets longer, and whether its end is followed. */
live: LiveState, 
/** Of the sound up to the playhead since play began; `None` before any was played. */
loudness: LoudnessView | null, 
/** First frame of the marked part. */
markIn: number | null, 
/** First frame behind the marked part. */
markOut: number | null, 
/** Pictures given out in the last second of playing, in tenths; `None` when paused. */
shownFpsTenths: number | null, 
/** Frames that were left out since play began. */
dropped: number, 
/** How pictures are decoded: `libav → RGBA 960×540`. */
decode: string, 
/** Frames decoded ahead of, or cached around, the playhead. */
buffered: number, };

export type Transport = { "kind": "play", 
/** Times normal speed. */
rate: number, } | { "kind": "playBetween", 
/** Its first frame. */
first: number, 
/** The first frame behind it. */
end: number, 
/** Begins anew at its end. */
repeat: boolean, 
/** The frame to rest on at its end; its last when `null`. */
rest: number | null, } | { "kind": "live" } | { "kind": "pause" } | { "kind": "seek", 
/** Clamped to what there is. */
frame: number, } | { "kind": "scrub", 
/** Clamped to what there is. */
frame: number, } | { "kind": "step", 
/** Frames. */
frames: number, } | { "kind": "markIn", 
/** First frame of the marked part; `null` clears it. */
frame: number | null, } | { "kind": "markOut", 
/** First frame behind the marked part; `null` clears it. */
frame: number | null, };

export type WindowDeed = "detach" | "attach" | "fullScreen";

export type SequenceView = { 
/** Name of the project. */
project: string, 
/** Name of the sequence. */
title: string, 
/** Rises with every edit, undo and redo. */
revision: number, 
/** Of the first clip; `None` while it is empty or varies. Clips of another rate are shown at it. */
frameRate: Rate | null, 
/** Frames in all, at this rate. */
frames: number, 
/** Timecode of frame 0, in frames. */
startFrame: number, 
/** In order; they touch one another. */
clips: Array<ClipView>, 
/** In order. */
markers: Array<MarkerView>, 
/** Steps that can be undone and redone, oldest first. */
history: Array<HistoryStep>, 
/** How many of `history` are done: the next undo takes back the one before. */
done: number, 
/** When the last edit was on the disk, RFC 3339. */
saved: string | null, };

export type ClipView = { 
/** Its id in the project. */
id: string, 
/** Name of its source. */
title: string, 
/** TAMS id of the flow it is cut from. */
flowId: string, 
/** TAMS id of that flow's source. */
sourceId: string, 
/** Sequence frame at which it begins. */
at: number, 
/** Sequence frames of it. */
frames: number, 
/** Its first frame, counted from the flow's first. */
sourceFirst: number, 
/** Frames it takes of its flow; as many as `frames` unless its rate is another one than the
 * sequence's. */
sourceFrames: number, 
/** Frames per second of its flow; `None` when they vary. */
sourceFrameRate: Rate | null, 
/** Flow time, TAMS text. */
timerange: string, 
/** It carries sound. */
sound: boolean, 
/** How it begins: out of the clip in front of it, or out of black. */
head: TransitionView | null, 
/** How it ends, where no clip follows. */
tail: TransitionView | null, 
/** It is cut from a preview flow: its source has a better one to compile from. */
preview: boolean, 
/** Why it can't be played or compiled now. */
problem: FailureView | null, };

export type TransitionView = { 
/** Sequence frames from its beginning to the cut. */
before: number, 
/** Sequence frames from the cut to its end. */
behind: number, };

export type MarkerView = { 
/** Its own; empty for one that is to be made. */
id: string, 
/** Sequence frame at which it begins. */
at: number, 
/** Frames of a stretch; 0 for a point. */
frames: number, 
/** What people call it. */
name: string, 
/** What there is to say about it. */
note: string, 
/** How it is shown: OpenTimelineIO's colours in small letters, `green`. */
colour: string, };

export type ClipEdge = "in" | "out";

export type HistoryStep = { 
/** `Append Forecourt · overhead`. */
title: string, };

export type SequenceEdit = { "kind": "append", 
/** What. */
part: FlowPart, } | { "kind": "insert", 
/** What. */
part: FlowPart, 
/** Sequence frame. */
at: number, } | { "kind": "overwrite", 
/** What. */
part: FlowPart, 
/** Sequence frame. */
at: number, } | { "kind": "remove", 
/** Ids. */
clips: Array<string>, } | { "kind": "move", 
/** Id. */
clip: string, 
/** Index. */
to: number, } | { "kind": "trim", 
/** Id. */
clip: string, 
/** Its first frame, counted from the flow's first. */
first: number, 
/** Frames it takes of its flow. */
frames: number, } | { "kind": "split", 
/** Sequence frame whose picture the second part begins with. */
at: number, } | { "kind": "dissolve", 
/** Id. */
clip: string, 
/** Which of its edges. */
edge: ClipEdge, } | { "kind": "setTransition", 
/** Id. */
clip: string, 
/** Which of its edges. */
edge: ClipEdge, 
/** Frames in front of the cut. */
before: number, 
/** Frames behind it. */
behind: number, } | { "kind": "replaceMedia", 
/** Ids. */
clips: Array<string>, 
/** TAMS id of the flow. */
flowId: string, } | { "kind": "addMarker", 
/** Without an id. */
marker: MarkerView, } | { "kind": "changeMarker", 
/** With its id. */
marker: MarkerView, } | { "kind": "removeMarker", 
/** Id. */
marker: string, } | { "kind": "rename", 
/** Name. */
title: string, } | { "kind": "undo" } | { "kind": "redo" };

export type ProjectsView = { 
/** The one that is open first, then by when they were saved last, the newest first. */
projects: Array<ProjectView>, 
/** Versions that were kept of the open one, the newest first. */
versions: Array<VersionView>, 
/** What was written or read by the last deed that asked for a file: its name. */
file: string | null, };

export type ProjectView = { 
/** Its id. */
id: string, 
/** What people call it. */
name: string, 
/** When it was saved last, RFC 3339. */
saved: string, 
/** It is on the timeline. */
open: boolean, };

export type VersionView = { 
/** Counts the versions of a project from 1. */
number: number, 
/** What people call it. */
name: string, 
/** When it was kept, RFC 3339. */
kept: string, 
/** Clips of its sequence. */
clips: number, };

export type ProjectDeed = { "kind": "list" } | { "kind": "new", 
/** What it is called. */
name: string, } | { "kind": "open", 
/** Its id. */
id: string, } | { "kind": "duplicate", 
/** What it is called. */
name: string, } | { "kind": "rename", 
/** Its id. */
id: string, 
/** What it is called from now on. */
name: string, } | { "kind": "remove", 
/** Its id. */
id: string, } | { "kind": "keepVersion", 
/** What it is called. */
name: string, } | { "kind": "restoreVersion", 
/** Its number. */
number: number, } | { "kind": "removeVersion", 
/** Its number. */
number: number, } | { "kind": "export" } | { "kind": "import" };

export type ProjectArgs = { 
/** What. */
deed: ProjectDeed, };

export type PlanState = { "kind": "empty" } | { "kind": "planning", 
/** Of the sequence. */
revision: number, } | { "kind": "ready", 
/** The plan. */
plan: PlanView, } | { "kind": "failed", 
/** Of the sequence. */
revision: number, 
/** Why. */
failure: FailureView, };

export type PlanView = { 
/** Revision of the sequence it belongs to. */
revision: number, 
/** SHA-256 of the plan, hex. */
hash: string, 
/** `None` when it varies. */
frameRate: Rate | null, 
/** Frames of the output. */
frames: number, 
/** Pictures and what happens to them, in output order. */
spans: Array<SpanView>, 
/** What happens to the sound: `copied as it is`, `encoded`, `none`. */
sound: string, 
/** Frames taken as they are. */
copiedFrames: number, 
/** Estimated bytes of the output. */
bytes: number, 
/** Estimated milliseconds of work. */
workMs: number, 
/** What the pictures are coded in, as people call it: `H.264`. */
codec: string, 
/** Players that may refuse the output, in words; `None` where nothing is known against it. */
mayRefuse: string | null, 
/** Output pixels. */
width: number, 
/** Output pixels. */
height: number, 
/** What the user should know. */
issues: Array<string>, };

export type SpanView = { 
/** `copy`, `encode`, `compose`, `fill` or `reference`. */
kind: string, 
/** First output frame. */
at: number, 
/** Output frames. */
frames: number, 
/** Names of the clips it comes from. */
from: string, 
/** The clip it comes from, when it is one. */
clipId: string | null, 
/** Objects it reads. */
objects: number, 
/** Why it is of this kind. */
reason: string, 
/** Estimated bytes. */
bytes: number, 
/** Estimated milliseconds of work. */
workMs: number, };

export type VerifiedView = { 
/** Everything is as planned. */
ok: boolean, 
/** Frames counted. */
frames: number, 
/** Name, outcome, detail of each check. */
checks: Array<JointView>, 
/** Joint by joint. */
joints: Array<JointView>, };

export type JointView = { 
/** Output frame behind the joint; `None` for a check of the whole. */
frame: number | null, 
/** `copy → encode`, or the name of a check. */
title: string, 
/** As planned. */
ok: boolean, 
/** What was found. */
detail: string, };

export type JobKind = "ingest" | "compile" | "publish" | "sheet" | "sync" | "fetch" | "relink" | "pin";

export type JobState = { "kind": "queued" } | { "kind": "running" } | { "kind": "done", 
/** What it made. */
result: JobResult, } | { "kind": "failed", 
/** Why. */
failure: FailureView, } | { "kind": "cancelled" };

export type JobView = { 
/** Its id. */
id: string, 
/** What it does. */
kind: JobKind, 
/** `Ingest car.mp4`, `Compile Promo`. */
title: string, 
/** Where it stands. */
state: JobState, 
/** How far it is. */
progress: ProgressView | null, 
/** When it began, RFC 3339. */
started: string, 
/** How long it ran or runs, in milliseconds. */
elapsedMs: number, 
/** It can be cancelled now. */
cancellable: boolean, };

export type ProgressView = { 
/** What it is doing: `Reading`, `Writing`, `Verifying`. */
stage: string, 
/** Units done. */
done: number, 
/** Units in all; 0 when not known. */
total: number, 
/** Name of the unit: `frames`, `segments`, `bytes`, `codes`. */
unit: string, 
/** Bytes written or sent so far; 0 when there are none. */
bytes: number, };

export type JobResult = { "kind": "ingested", 
/** TAMS id. */
sourceId: string, 
/** TAMS id of the flow to open. */
flowId: string, 
/** Segments made. */
segments: number, 
/** What the user should know. */
issues: Array<string>, } | { "kind": "compiled", 
/** Its name without folders. */
file: string, 
/** Its folder. */
folder: string, 
/** It is there. What was found to be other than planned is not kept. */
kept: boolean, 
/** SHA-256, hex; empty when it was not kept. */
sha256: string, 
/** Hash of the plan. */
planHash: string, 
/** Revision of the sequence. */
revision: number, 
/** Frames of the file. */
frames: number, 
/** Frames taken as they were. */
copiedFrames: number, 
/** Frames encoded. */
encodedFrames: number, 
/** Bytes of the file. */
bytes: number, 
/** What checking it found. */
verified: VerifiedView | null, } | { "kind": "published", 
/** Its id. */
compilationId: string, 
/** Where the bytes are or will be. */
objectUrl: string, 
/** The link people share. */
playUrl: string, 
/** Outbox entries that still have to reach a remote. */
queued: number, 
/** What the user should know. */
issues: Array<string>, } | { "kind": "printed", 
/** The sheet. */
sheet: SheetView, } | { "kind": "synced", 
/** Entries confirmed. */
done: number, 
/** Entries that wait. */
waiting: number, 
/** Entries that need a decision. */
dead: number, } | { "kind": "pinned", 
/** What of it. */
pin: PinView, } | { "kind": "relinked", 
/** How many of them. */
clips: number, } | { "kind": "fetched", 
/** Objects that came. */
objects: number, 
/** Bytes of them. */
bytes: number, };

export type CompilationView = { 
/** Its id. */
id: string, 
/** What people call it. */
title: string, 
/** The link people share. */
playUrl: string, 
/** Where the bytes are. */
objectUrl: string, 
/** SHA-256 of the file, hex. */
sha256: string, 
/** Hash of its plan, when that is known. */
planHash: string | null, 
/** RFC 3339. */
created: string, };

export type TemplateView = { 
/** Its name on the command line. */
name: string, 
/** What it looks like, in words. */
title: string, 
/** `A4`, `A6`, `Letter`. */
paper: string, 
/** Codes on a page. */
codesPerPage: number, 
/** Smallest square of a code on it, in tenths of a millimetre. */
moduleTenthsMm: number, 
/** One code on a page, made to be read from afar. */
poster: boolean, };

export type SheetView = { 
/** Name of the file without folders. */
file: string, 
/** Its folder. */
folder: string, 
/** Pages in it. */
pages: number, 
/** Milliseconds to lay out and write the file. */
pdfMs: number, 
/** Milliseconds to read every code back. */
verifyMs: number, 
/** In the order of the pages. */
codes: Array<CodeView>, 
/** Pictures of its pages can be had from the frames server. */
previewPages: number, 
/** The codes work on this network only. */
local: boolean, 
/** What the user should know. */
issues: Array<string>, };

export type CodeView = { 
/** What is printed under it. */
id: string, 
/** Its exact payload. */
url: string, 
/** Where it hangs. */
placement: string, 
/** From 1. */
page: number, 
/** It was read back from the file. */
verified: boolean, 
/** Rows of the code, `#` dark and `.` light, without the quiet zone. */
modules: Array<string>, };

export type MetricsView = { 
/** The compilation. */
compilationId: string, 
/** `1h`, `24h`, `7d`. */
range: string, 
/** Sessions that began to play. */
sessionViews: number | null, 
/** Sessions from phones and tablets. */
mobilePercent: number | null, 
/** Scans of printed codes. */
qrScans: number | null, 
/** Seconds of moving pictures before viewers. */
watchSeconds: number | null, 
/** Watch time per play. */
avgWatchSeconds: number | null, 
/** Sessions that got past the first picture, a quarter, half, three quarters, the end. */
completion: Array<number> | null, 
/** Until when the events are known, RFC 3339. */
asOf: string | null, 
/** `local` for the collector of this workspace, `hydrolix` for the table there. */
source: string, 
/** Why these are the last numbers that were known; `null` when they are those of now. */
stale: StaleView | null, 
/** All sessions, also those that only opened the page. */
sessions: number | null, 
/** Half of the sessions that started took no longer: milliseconds. */
startupP50Ms: number | null, 
/** 95 of 100 took no longer: milliseconds. */
startupP95Ms: number | null, 
/** Waiting for data in percent of watching and waiting. */
rebufferPercent: number | null, 
/** Sessions whose player failed, in percent. */
errorPercent: number | null, 
/** Sessions that play now. */
nowPlaying: number | null, 
/** Against the period of the same length before. */
changes: Array<ChangeView>, 
/** The range in steps, without gaps; empty when it is not known. */
series: Array<SeriesView>, 
/** How many were still watching, by position; `null` when it is not known. */
retention: Array<RetentionView> | null, 
/** The shots of the compilation in order, for the retention's axis. */
shots: Array<ShotView>, 
/** By printed code; `null` when it is not known. */
placements: BreakdownView | null, 
/** By kind of device; `null` when it is not known. */
devices: BreakdownView | null, 
/** By country; `null` when it is not known. */
countries: BreakdownView | null, 
/** Parts that can't be told, and why, in words. */
cannot: Array<LackView>, };

export type StaleView = { 
/** `sign_in`, `blocked`, `offline`, `too_slow`, `table_missing`, `over_limits`, `busy`,
 * `server_error`. */
state: string, 
/** What went wrong, for people. */
message: string, 
/** The next step. */
hint: string, };

export type ChangeView = { 
/** Which number, by its field in [`MetricsView`]. */
part: string, 
/** By how much. */
by: number, 
/** The same in percent of the number before; `null` when that was 0. */
percent: number | null, };

export type SeriesView = { 
/** Where it begins: milliseconds since the Unix epoch. */
atMs: number, 
/** Sessions that began to play in it. */
sessionViews: number | null, 
/** Scans in it. */
qrScans: number | null, 
/** Milliseconds watched in it. */
watchMs: number | null, };

export type RetentionView = { 
/** Milliseconds from its start. */
atMs: number, 
/** Sessions that watched it. */
sessions: number, 
/** Those in percent of all that watched anything. */
percent: number | null, };

export type ShotView = { 
/** Where it begins in the compilation: milliseconds. */
atMs: number, 
/** Where it ends. */
endMs: number, 
/** What it is cut from, for people. */
title: string, 
/** The TAMS flow; `null` for a plain file, black and the like. */
flowId: string | null, 
/** The flow time of its first frame, as TAMS writes timestamps. */
flowTime: string | null, };

export type BreakdownView = { 
/** The largest first. */
rows: Array<BreakdownRow>, 
/** Rows of too few sessions to be shown. */
hiddenRows: number, };

export type BreakdownRow = { 
/** What it is about: a place, a device, a country; empty when unknown. */
title: string, 
/** The printed code, where it is about one. */
code: string | null, 
/** Sessions. */
sessions: number, 
/** Scans. */
scans: number | null, 
/** Sessions in which pictures moved. */
plays: number | null, 
/** Of those that scanned, those in which pictures moved, in percent. */
scanToPlayPercent: number | null, };

export type LackView = { 
/** Which part, by its field in [`MetricsView`]. */
part: string, 
/** Why not, in words. */
why: string, };

export type OutboxItem = { 
/** Its id. */
id: string, 
/** What it does, in words. */
title: string, 
/** `pending`, `leased`, `waiting`, `dead`. */
state: string, 
/** What it waits for. */
waitingFor: string | null, 
/** How often it was tried. */
attempts: number, 
/** What went wrong last, for people. */
error: string | null, 
/** The remote has another version: whoever retries has to say which stays. */
conflict: boolean, 
/** Bytes that are confirmed, while it is on its way. */
doneBytes: number | null, 
/** Bytes of all of it, while it is on its way. */
totalBytes: number | null, };

export type PinView = { 
/** The flow, by its reference: `NAME/UUID`. */
flow: string, 
/** On the flow's timeline. */
timerange: string, 
/** Bytes of all of it; `null` when the server has not told yet. */
bytes: number | null, 
/** Objects of it that are here. */
here: number, 
/** All its objects; `null` when the server has not told yet. */
objects: number | null, };

export type DeskView = { 
/** The workspace. */
workspace: WorkspaceView, 
/** What can be cut: the local node's, then those of each connection. */
sources: Array<SourceView>, 
/** What is cut. */
sequence: SequenceView, 
/** How it will be made. */
plan: PlanState, 
/** The source monitor. */
source: MonitorView, 
/** The record monitor. */
record: MonitorView, 
/** Running and finished, newest first. */
jobs: Array<JobView>, 
/** What still has to reach a remote. */
outbox: Array<OutboxItem>, 
/** Monitors that have windows of their own. */
detached: Array<MonitorName>, 
/** Where pictures come from. */
frames: FramesEndpoint, 
/** What the page saved as its layout. */
layout: string | null, 
/** How far the first cut is; `None` when the user has put it away. */
lesson: Lesson | null, };

export type WorkspaceView = { 
/** Name of its folder. */
name: string, 
/** Its folder. */
dir: string, 
/** Version of the program. */
version: string, 
/** Names of the stores that are configured; empty: everything stays on this machine. */
stores: Array<string>, 
/** Since when a store that is configured does not answer, RFC 3339. */
offlineSince: string | null, 
/** Base of links that phones open. */
playBase: string, 
/** Those links work on this network only. */
playLocal: boolean, 
/** Why phones can't open links now. */
playProblem: FailureView | null, 
/** The TAMS servers beside the local node, by name. */
connections: Array<ConnectionView>, 
/** Bytes of media in the workspace. */
mediaBytes: number, 
/** Bytes left on its disk. */
freeBytes: number, 
/** Who made the footage of the demo, when it is there. */
credits: string | null, };

export type FramesEndpoint = { 
/** `ws://127.0.0.1:PORT/TOKEN/frames`; a monitor's name follows as `/source` or `/record`. */
socket: string, 
/** `http://127.0.0.1:PORT/TOKEN`: `/picture/FLOW/FRAME?height=H` is a JPEG,
 * `/peaks/FLOW?first=F&frames=N&bins=B` one byte a bin and channel, `/sheet/JOB/PAGE` a PNG. */
http: string, };

export type Lesson = { 
/** A source was opened. */
opened: boolean, 
/** In and out were marked. */
marked: boolean, 
/** Something is on the timeline. */
appended: boolean, 
/** The plan was looked at. */
planned: boolean, 
/** A file was compiled and verified. */
compiled: boolean, 
/** A code was printed. */
printed: boolean, };

export type FailureView = { 
/** Stable, for people who search. */
code: string, 
/** What happened, in a few words. */
title: string, 
/** What exactly, naming the clip, file or field. */
detail: string, 
/** The next step. */
hint: string, 
/** The same may succeed later. */
retryable: boolean, };

export type DeskEvent = { "kind": "workspace", 
/** Now. */
workspace: WorkspaceView, } | { "kind": "sources", 
/** Now. */
sources: Array<SourceView>, } | { "kind": "sequence", 
/** Now. */
sequence: SequenceView, } | { "kind": "plan", 
/** Now. */
plan: PlanState, } | { "kind": "monitor", 
/** Now. */
monitor: MonitorView, } | { "kind": "job", 
/** Now. */
job: JobView, } | { "kind": "jobGone", 
/** Its id. */
id: string, } | { "kind": "outbox", 
/** Now. */
outbox: Array<OutboxItem>, } | { "kind": "lesson", 
/** Now. */
lesson: Lesson | null, } | { "kind": "failed", 
/** Why. */
failure: FailureView, } | { "kind": "detached", 
/** Those that have one now. */
monitors: Array<MonitorName>, } | { "kind": "everything", 
/** Now. */
view: DeskView, } | { "kind": "hover", 
/** How many. */
files: number, };

export type NoArgs = Record<string, never>;

export type FlowArgs = { 
/** TAMS id. */
flowId: string, };

export type ConnectionArgs = { 
/** Its name; `null`: all of them. */
name: string | null, };

export type IdArgs = { 
/** Its id. */
id: string, };

export type OutboxArgs = { 
/** Its id. */
id: string, 
/** Of a record that was changed elsewhere, `ours` or `theirs`. */
keep: string | null, };

export type PinArgs = { 
/** The flow, by its reference: `NAME/UUID`. */
flow: string, 
/** On the flow's timeline; all of it when `null`. */
timerange: string | null, };

export type JobArgs = { 
/** Its id. */
jobId: string, };

export type OpenArgs = { 
/** TAMS id of a flow. */
flowId: string, 
/** The frame to show. */
frame: number | null, };

export type TransportArgs = { 
/** Which one. */
monitor: MonitorName, 
/** What. */
transport: Transport, };

export type MonitorWindowArgs = { 
/** Which monitor. */
monitor: MonitorName, 
/** What. */
deed: WindowDeed, };

export type EditArgs = { 
/** How. */
edit: SequenceEdit, };

export type FlowPart = { 
/** TAMS id of the flow. */
flowId: string, 
/** First frame, counted from the flow's first; its first when absent. */
markIn: number | null, 
/** First frame behind it; the flow's end when absent. */
markOut: number | null, };

export type FlowPurpose = "preview" | "best";

export type RelinkArgs = { 
/** Ids of clips; empty: all of the sequence. */
clips: Array<string>, 
/** Which flow of each source. */
purpose: FlowPurpose, };

export type CompileArgs = { 
/** `auto`, `copy`, `smart` or `render`. */
mode: string, 
/** At most one sequence parameter set in the output: what would need another one is rendered. */
singleParameterSet: boolean, 
/** Ask for a place with the system's dialog; else into the workspace. */
choosePlace: boolean, };

export type PublishArgs = { 
/** The compile job whose file it is. */
jobId: string, 
/** What people will call it. */
title: string, };

export type SheetArgs = { 
/** The compilation the codes lead to. */
compilationId: string, 
/** Name of the template. */
template: string, 
/** One code for each place. */
placements: Array<string>, 
/** Codes that work on this network only. */
local: boolean, };

export type MetricsArgs = { 
/** The compilation. */
compilationId: string, 
/** `1h`, `24h`, `7d`. */
range: string, };

export type LayoutArgs = { 
/** At most 64 KiB. */
layout: string, };

export type Commands = {
  /** Everything, when the page begins. */
  desk_view: { args: NoArgs; answer: DeskView };
  /** The segments of a flow. */
  flow_segments: { args: FlowArgs; answer: FlowSegments };
  /** Asks a TAMS server, or all of them, again; events follow. */
  connection_refresh: { args: ConnectionArgs; answer: null };
  /** Loads a flow into the source monitor. */
  source_open: { args: OpenArgs; answer: MonitorView };
  /** Moves a monitor. */
  monitor_transport: { args: TransportArgs; answer: MonitorView };
  /** Gives a monitor a window of its own, or takes it back. */
  monitor_window: { args: MonitorWindowArgs; answer: null };
  /** Changes the sequence. */
  sequence_edit: { args: EditArgs; answer: SequenceView };
  /** Starts to link clips to other flows of their sources, at the same times; its job. */
  sequence_relink: { args: RelinkArgs; answer: string };
  /** Does something with the projects of the workspace; the list of them. */
  project_do: { args: ProjectArgs; answer: ProjectsView };
  /** The plan was looked at: the first cut goes on. */
  plan_seen: { args: NoArgs; answer: null };
  /** Starts a compile; `null` when the user chose no place. */
  compile_start: { args: CompileArgs; answer: string | null };
  /** Starts a publish. */
  publish_start: { args: PublishArgs; answer: string };
  /** The compilations, newest first. */
  compilations: { args: NoArgs; answer: Array<CompilationView> };
  /** The sheet templates. */
  sheet_templates: { args: NoArgs; answer: Array<TemplateView> };
  /** Starts a sheet. */
  sheet_start: { args: SheetArgs; answer: string };
  /** Opens what a finished job made with the system's program for it. */
  result_open: { args: JobArgs; answer: null };
  /** Shows what a finished job made in the system's file browser. */
  result_reveal: { args: JobArgs; answer: null };
  /** Opens the play page of a compilation in the system's browser. */
  play_open: { args: IdArgs; answer: null };
  /** The numbers of a compilation. */
  metrics: { args: MetricsArgs; answer: MetricsView };
  /** Ingests files that the user chooses; their jobs. */
  ingest_choose: { args: NoArgs; answer: Array<string> };
  /** Stops a job. */
  job_cancel: { args: JobArgs; answer: null };
  /** Puts a finished job away. */
  job_dismiss: { args: JobArgs; answer: null };
  /** Starts working off the outbox. */
  sync_start: { args: NoArgs; answer: string };
  /** Tries an entry of the outbox again; of a conflict, the version that stays is named. */
  outbox_retry: { args: OutboxArgs; answer: null };
  /** Takes an entry out of the outbox, with those that build on it. */
  outbox_cancel: { args: IdArgs; answer: null };
  /** What is kept on this machine. */
  pins: { args: NoArgs; answer: Array<PinView> };
  /** Starts to bring a range of a server's flow to this machine, to stay; its job. */
  pin_start: { args: PinArgs; answer: string };
  /** No longer keeps a range; what is still kept. */
  unpin: { args: PinArgs; answer: Array<PinView> };
  /** Keeps the page's layout. */
  layout_save: { args: LayoutArgs; answer: null };
  /** Puts the first cut away. */
  lesson_dismiss: { args: NoArgs; answer: null };
};
