//! The arguments, as people type them.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use uuid::Uuid;
use workstation::Counting;

/// Cut, compile, publish and measure video that lives in VAST.
#[derive(Debug, Parser)]
#[command(name = "stringout", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Workspace folder; the system's app-data folder when not given
    #[arg(short, long, global = true, value_name = "DIR")]
    pub(crate) workspace: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job from end to end on real footage
    Demo {
        /// The workspace it makes
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
    /// What works here, what does not, and what to do
    Doctor,
    /// The local TAMS node
    #[command(subcommand)]
    Node(NodeCommand),
    /// Cut media files into segments at key frames and register them
    Ingest {
        /// MP4, MOV, Matroska or MPEG-TS files with H.264 video
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Name of the source; the file's name when not given
        #[arg(long)]
        label: Option<String>,
        /// Wanted length of a segment, in seconds
        #[arg(long, default_value = "2s", value_name = "SECONDS")]
        segment_duration: String,
    },
    /// List sources: the local node's, then those of each connection
    Sources {
        /// Only those of this connection, or of `local`
        #[arg(long, value_name = "NAME")]
        from: Option<String>,
    },
    /// List flows: the local node's, then those of each connection
    Flows {
        /// Only flows of this source: `ID`, or `NAME/ID` at a connection
        #[arg(long, value_name = "ID")]
        source: Option<String>,
        /// Only those of this connection, or of `local`
        #[arg(long, value_name = "NAME")]
        from: Option<String>,
    },
    /// List segments of a flow
    Segments {
        /// Flow id, `NAME/ID` at a connection
        flow: String,
        /// Only segments that overlap this TAMS timerange, such as `[0:0_10:0)`
        #[arg(long, value_name = "TR", default_value = "_")]
        timerange: String,
    },
    /// Keep a range of a server's flow on this machine; without FLOW, list what is kept
    Pin {
        /// Flow at a connection: `NAME/ID`
        flow: Option<String>,
        /// The range on the flow's timeline, such as `[0:0_10:0)`
        #[arg(long, value_name = "TR", default_value = "_")]
        timerange: String,
    },
    /// No longer keep a range of a server's flow
    Unpin {
        /// Flow at a connection: `NAME/ID`
        flow: String,
        /// The range on the flow's timeline
        #[arg(long, value_name = "TR", default_value = "_")]
        timerange: String,
    },
    /// Print the cut plan of an edit
    Plan {
        #[command(flatten)]
        edit: EditArguments,
        #[command(flatten)]
        making: MakingArguments,
        /// Also write it to this file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Execute an edit's plan into a file, and check the file
    Compile {
        #[command(flatten)]
        edit: EditArguments,
        #[command(flatten)]
        making: MakingArguments,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// `mp4`, `mov`, `mkv`, `ts`, or `fmp4` for MP4 in fragments; told by the file's name when not given
        #[arg(long)]
        format: Option<String>,
        /// Write the report to this file
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Replace an existing file
        #[arg(long)]
        overwrite: bool,
        /// Don't check the output against the plan
        #[arg(long)]
        no_verify: bool,
    },
    /// Check a compiled file against its report again
    Verify {
        /// The compiled file
        file: PathBuf,
        /// The report of its compile
        #[arg(long, value_name = "FILE")]
        report: PathBuf,
    },
    /// Upload a compiled file, register it in TAMS and write the record
    Publish {
        /// A compiled file; or edits, or clips with `--clip`, which are compiled first
        #[arg(value_name = "FILE|EDIT")]
        files: Vec<PathBuf>,
        /// How the frames of an edit decision list are counted
        #[arg(long, value_name = "R")]
        rate: Option<Counting>,
        /// Clips in order: `REF[@IN..OUT]`
        #[arg(long = "clip", value_name = "REF[@IN..OUT]", conflicts_with = "files")]
        clips: Vec<String>,
        /// What people call it
        #[arg(long)]
        label: Option<String>,
        /// The report of its compile; found by the file's SHA-256 when not given
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Reuse the objects that an edit holds whole where they lie, and make only the rest
        #[arg(long, conflicts_with = "report")]
        by_reference: bool,
        /// Wait until every remote has confirmed
        #[arg(long)]
        wait: bool,
    },
    /// Write an edit in another form
    Convert {
        /// The edit: `.otio`, `.otioz`, `.edl`, `.fcpxml` or `.stringout`
        #[arg(value_name = "IN")]
        input: PathBuf,
        /// The file to write, in the form its name tells: one of these but the last, `.csv` for a table of
        /// clips, `.vtt` for chapters of markers
        #[arg(value_name = "OUT")]
        out: PathBuf,
        /// How frames are counted where the edit doesn't say: 25, 29.97, 29.97df for drop-frame, …
        #[arg(long, value_name = "R")]
        rate: Option<Counting>,
        /// Replace an existing file
        #[arg(long)]
        overwrite: bool,
    },
    /// Projects of the workspace, as the window cuts them
    #[command(subcommand)]
    Project(ProjectCommand),
    /// List compilation records, or show one
    Compilations {
        /// Show this one whole
        id: Option<Uuid>,
        /// Those of all workstations, from the VAST Database
        #[arg(long, conflicts_with = "id")]
        shared: bool,
    },
    /// Which compilations a flow went into
    WhereUsed {
        /// Flow id
        flow: String,
        /// Only uses of this TAMS timerange
        #[arg(long, value_name = "TR")]
        timerange: Option<String>,
    },
    /// Pending remote work
    Outbox {
        #[command(subcommand)]
        command: Option<OutboxCommand>,
    },
    /// Do everything that is queued, and fetch what is pinned
    Sync,
    /// Print QR sheets and posters
    #[command(args_conflicts_with_subcommands = true)]
    Sheet {
        #[command(subcommand)]
        command: Option<SheetCommand>,
        #[command(flatten)]
        sheet: SheetArguments,
    },
    /// Every printed code: what hangs where, and what becomes of it
    Placements {
        #[command(subcommand)]
        command: Option<PlacementCommand>,
    },
    /// Which compilation and placement a photographed code is
    Identify {
        /// JPEG or PNG with codes in it
        photo: PathBuf,
    },
    /// The play service: links, player page, collector
    #[command(subcommand)]
    Play(PlayCommand),
    /// What viewers did
    Metrics {
        /// Compilation id
        id: Uuid,
        /// Up to now: `1h`, `24h`, `7d`, `30d`
        #[arg(long, default_value = "24h")]
        range: String,
        /// With the numbers over time, retention, placements, devices and countries
        #[arg(long)]
        details: bool,
    },
    /// Settings of the workspace
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Serve the local node alone
    Serve {
        /// Address to listen on
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8010")]
        listen: SocketAddr,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlayCommand {
    /// Serve short links, the player page and the collector
    Serve {
        /// Address to listen on; this machine's address on its network when not given
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// List them, the one that was saved last first
    List,
    /// Write one into a file, with its history and versions; it can be cut as an EDIT
    Export {
        /// Its name or id; the one that is open when not given
        project: Option<String>,
        /// The file to write: `.stringout`
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Replace an existing file
        #[arg(long)]
        overwrite: bool,
    },
    /// Read one from a file
    Import {
        /// A file that was exported
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List what is queued
    List,
    /// Try an entry again now
    Retry {
        /// Entry id
        id: Uuid,
        /// Of a record that was changed elsewhere, keep what is here or what is there
        #[arg(long, value_enum)]
        keep: Option<KeepArgument>,
    },
    /// Take an entry out
    Cancel {
        /// Entry id
        id: Uuid,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeepArgument {
    /// What is here
    Ours,
    /// What the remote has
    Theirs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SheetCommand {
    /// List the templates
    Templates,
    /// Write a page that shows where a printer puts a template's grid, with a ruler
    TestPage {
        /// Template; `stringout sheet templates` lists them
        #[arg(long, value_name = "NAME")]
        template: String,
        /// The PDF to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        choices: PrintArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlacementCommand {
    /// List them, the latest first
    List {
        /// Only those of one compilation
        #[arg(long, value_name = "ID")]
        compilation: Option<Uuid>,
    },
    /// Take a code back: who scans it is told so
    Revoke {
        /// What is printed under it
        id: String,
    },
    /// Let a revoked code play again
    Restore {
        /// What is printed under it
        id: String,
    },
    /// Let a code lead to another compilation; the paper stays
    Retarget {
        /// What is printed under it
        id: String,
        /// Where it leads from now on
        #[arg(long, value_name = "ID")]
        compilation: Uuid,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings; secrets are not among them
    Show,
    /// Set one, such as `play.base_url https://go.example`; an empty value removes it
    Set {
        /// Dotted name
        key: String,
        /// TOML value or plain text
        value: String,
    },
    /// Make the table for view events in Hydrolix, or tell what somebody else has to do
    MakeTable {
        /// `hydrolix`
        remote: String,
        /// Change nothing: tell what to do by hand
        #[arg(long)]
        print: bool,
    },
    /// Keep the secret of a remote in the system's keychain: asks for it, or reads it from stdin;
    /// opens the sign-in of a connection that signs in by the browser
    Login {
        /// The remote, such as `tams.studio`
        remote: String,
        /// Take the secret out of the keychain instead
        #[arg(long)]
        forget: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EditArguments {
    #[command(flatten)]
    pub(crate) what: EditNames,
    /// How the frames of an edit decision list are counted: 25, 29.97, 29.97df for drop-frame, …
    #[arg(long, value_name = "R")]
    pub(crate) rate: Option<Counting>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct EditNames {
    /// A project (`.stringout`), or edits of other programs: OpenTimelineIO (`.otio`, `.otioz`), CMX3600
    /// (`.edl`), Final Cut Pro (`.fcpxml`)
    #[arg(value_name = "EDIT")]
    pub(crate) files: Vec<PathBuf>,
    /// Clips in order: `REF[@IN..OUT]`; REF is a file, `flow:UUID`, `source:UUID` or a tams:// link;
    /// IN and OUT are `30f`, `1.5s`, `HH:MM:SS:FF` or `S:NS`, OUT is not included
    #[arg(long = "clip", value_name = "REF[@IN..OUT]")]
    pub(crate) clips: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct MakingArguments {
    /// How the output is made
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) mode: ModeArgument,
    /// GStreamer's name of the video encoder
    #[arg(long, value_name = "NAME")]
    pub(crate) encoder: Option<String>,
    /// `single`: at most one parameter set in the output
    #[arg(long, value_enum)]
    pub(crate) compat: Option<CompatArgument>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ModeArgument {
    /// Copy GOPs as far as they are kept, encode what cuts break, compose what differs
    Auto,
    /// Copy everything or refuse
    Copy,
    /// As auto, but refuse to render what can't be spliced
    Smart,
    /// Encode everything
    Render,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompatArgument {
    /// For players that take one parameter set only
    Single,
}

#[derive(Debug, Args)]
pub(crate) struct SheetArguments {
    /// Compilations to print, one code each
    #[arg(long = "compilation", value_name = "ID", conflicts_with = "csv")]
    pub(crate) compilations: Vec<Uuid>,
    /// Table with `compilation_id,placement` and optionally `title,copies,expires`
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Template; `stringout sheet templates` lists them
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// The PDF to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Codes that work on this network only
    #[arg(long)]
    pub(crate) local: bool,
    /// Columns of the table by other names: `place=placement`
    #[arg(long, value_name = "NAME=COLUMN", requires = "csv")]
    pub(crate) map: Vec<String>,
    /// Leave rows out that can't be printed, instead of printing nothing
    #[arg(long, requires = "csv")]
    pub(crate) skip_bad: bool,
    /// From how far away codes have to be read, in metres
    #[arg(long, value_name = "METRES")]
    pub(crate) distance: Option<f64>,
    #[command(flatten)]
    pub(crate) choices: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct PrintArguments {
    /// For a printing house: black ink alone, bleed and crop marks
    #[arg(long)]
    pub(crate) press: bool,
    /// The label that the first code goes to, on a sheet that is partly used
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) start: usize,
    /// Moves everything right and down, in millimetres, for printers that feed askew
    #[arg(long, value_name = "X,Y", allow_hyphen_values = true, value_parser = millimetres)]
    pub(crate) offset: Option<(f64, f64)>,
    /// Who it is from
    #[arg(long, value_name = "NAME")]
    pub(crate) brand: Option<String>,
    /// What to do, instead of `Scan to watch`
    #[arg(long, value_name = "WORDS")]
    pub(crate) call: Option<String>,
}

fn millimetres(text: &str) -> Result<(f64, f64), String> {
    let read = |part: &str| part.trim().parse::<f64>().ok().filter(|mm| mm.is_finite());
    text.split_once(',')
        .and_then(|(x, y)| Some((read(x)?, read(y)?)))
        .ok_or_else(|| format!("`{text}` is no offset: write it like `0.5,-1`"))
}
