//! Fuzzing of what comes from outside, files and answers of TAMS servers: every byte of it is taken
//! for hostile.
//!
//! A [`Target`] makes inputs from good ones by [`mutate`], all of them decided by a seed, and hands
//! them to code of the product. That code may refuse them, but neither panic, nor take more time and
//! memory than [`bounds`] allows, nor break one of the properties that stand with each target.

mod bounds;
pub mod documents;
pub mod edits;
pub mod link;
pub mod media;
pub mod models;
pub mod mutate;
pub mod paging;
pub mod settings;
pub mod timerange;
pub mod timestamp;
pub mod words;

use std::env;
use std::fmt;
use std::ops::ControlFlow;
use std::time::{SystemTime, UNIX_EPOCH};

use bounds::Bounds;
use mutate::random::Random;

/// The seed of a long run: `STRINGOUT_FUZZ_SEED`, or another one every time.
///
/// # Panics
/// When the variable holds no whole number.
#[must_use]
pub fn seed() -> u64 {
    if let Ok(text) = env::var("STRINGOUT_FUZZ_SEED") {
        return text.parse().expect("STRINGOUT_FUZZ_SEED is a whole number");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(now.expect("it is past 1970").as_micros()).expect("and before the year 586912")
}

/// Code under test, and where its inputs come from.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name in reports.
    pub name: &'static str,
    input: fn(&mut Random) -> Vec<u8>,
    start: fn() -> Run,
}

/// Handles one input; true when the code under test takes it for good.
pub type Run = Box<dyn FnMut(&[u8]) -> bool>;

/// Timestamps.
pub const TIMESTAMP: Target = Target {
    name: "timestamp",
    input: timestamp::input,
    start: || Box::new(timestamp::run),
};

/// Timeranges.
pub const TIMERANGE: Target = Target {
    name: "timerange",
    input: timerange::input,
    start: || Box::new(timerange::run),
};

/// `Link` headers.
pub const LINK: Target = Target {
    name: "link",
    input: link::input,
    start: || Box::new(link::run),
};

/// Bodies.
pub const MODELS: Target = Target {
    name: "models",
    input: models::input,
    start: || Box::new(models::run),
};

/// Lists in pages.
pub const PAGING: Target = Target {
    name: "paging",
    input: paging::input,
    start: || {
        let mut reader = paging::Reader::start();
        Box::new(move |data| reader.run(data))
    },
};

/// MP4 and QuickTime files.
pub const ISO: Target = Target {
    name: "iso",
    input: media::iso,
    start: start_media,
};

/// Fragmented MP4 files.
pub const FRAGMENTED: Target = Target {
    name: "fragmented",
    input: media::fragmented,
    start: start_media,
};

/// Matroska files.
pub const MATROSKA: Target = Target {
    name: "matroska",
    input: media::matroska,
    start: start_media,
};

/// Transport streams.
pub const TRANSPORT: Target = Target {
    name: "transport",
    input: media::transport,
    start: start_media,
};

/// OpenTimelineIO files.
pub const OTIO: Target = Target {
    name: "otio",
    input: documents::otio,
    start: || Box::new(documents::read_edit),
};

/// Edit decision lists.
pub const LIST: Target = Target {
    name: "list",
    input: edits::list,
    start: || Box::new(edits::read_list),
};

/// Final Cut Pro's XML.
pub const XML: Target = Target {
    name: "xml",
    input: edits::xml,
    start: || Box::new(edits::read_xml),
};

/// Bundles of edits with their media.
pub const BUNDLE: Target = Target {
    name: "bundle",
    input: edits::bundle,
    start: || Box::new(edits::read_bundle),
};

/// Projects with their history.
pub const PROJECT: Target = Target {
    name: "project",
    input: documents::project,
    start: || Box::new(documents::open_project),
};

/// Reports of compiles.
pub const REPORT: Target = Target {
    name: "report",
    input: documents::report,
    start: || Box::new(documents::read_report),
};

/// What people type.
pub const WORDS: Target = Target {
    name: "words",
    input: words::input,
    start: || Box::new(words::run),
};

/// Configurations.
pub const CONFIG: Target = Target {
    name: "config",
    input: settings::config,
    start: || {
        let mut reader = settings::Reader::start();
        Box::new(move |data| reader.run(data))
    },
};

/// Tables of placements.
pub const TABLE: Target = Target {
    name: "table",
    input: settings::table,
    start: || Box::new(settings::read_table),
};

fn start_media() -> Run {
    let mut reader = media::Reader::start();
    Box::new(move |data| reader.run(data))
}

/// How many inputs there were.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// All of them.
    pub inputs: u64,
    /// Those the code under test took for good. When nearly none is, the inputs are too wild to get
    /// anywhere; when nearly all are, they are too tame.
    pub taken: u64,
}

impl Tally {
    /// Expects a twentieth of the inputs at least to have been taken, and as many to have been refused.
    ///
    /// # Panics
    /// When there were fewer or more.
    #[track_caller]
    pub fn assert_telling(&self) {
        let Self { inputs, taken } = *self;
        let telling = taken * 20 >= inputs && taken * 20 <= inputs * 19;
        assert!(
            inputs > 0 && telling,
            "{taken} of {inputs} inputs were taken"
        );
    }
}

impl Target {
    /// Input number `index` of `seed`.
    pub fn input(&self, seed: u64, index: u64) -> Vec<u8> {
        (self.input)(&mut Random::of(seed, index))
    }

    /// Hands the inputs of `seed` over, one after the other, for as long as `goes_on` says so before
    /// each. When one fails, it is printed with its seed and index.
    pub fn run(&self, seed: u64, mut goes_on: impl FnMut(u64) -> ControlFlow<()>) -> Tally {
        // What is made once is no cost of the inputs.
        self.input(seed, 0);
        let (mut run, bounds) = ((self.start)(), Bounds::start());
        let mut tally = Tally::default();
        while goes_on(tally.inputs).is_continue() {
            let taken = self.handle(seed, tally.inputs, &mut run, &bounds);
            tally.taken += u64::from(taken);
            tally.inputs += 1;
        }
        tally
    }

    /// Hands one input over, as [`Target::run`] does: true when it is taken.
    pub fn run_one(&self, seed: u64, index: u64) -> bool {
        self.handle(seed, index, &mut (self.start)(), &Bounds::start())
    }

    fn handle(&self, seed: u64, index: u64, run: &mut Run, bounds: &Bounds) -> bool {
        let data = self.input(seed, index);
        let witness = Witness {
            target: self.name,
            seed,
            index,
            data: &data,
        };
        let spent = bounds.begin(witness.to_string(), data.len());
        let taken = run(&data);
        spent.assert_bounded();
        drop(witness);
        taken
    }

    /// The first `count` inputs of `seed`.
    pub fn run_some(&self, seed: u64, count: u64) -> Tally {
        self.run(seed, |index| {
            if index < count {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })
    }
}

/// Tells which input it was when handling it panics.
struct Witness<'a> {
    target: &'static str,
    seed: u64,
    index: u64,
    data: &'a [u8],
}

impl fmt::Display for Witness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            seed,
            index,
            ..
        } = self;
        write!(f, "target {target}, seed {seed}, input {index}")
    }
}

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        // Whole files say little as text.
        if self.data.len() < 10_000 {
            eprintln!("{self}: \"{}\"", self.data.escape_ascii());
        } else {
            eprintln!("{self}, {} bytes", self.data.len());
        }
    }
}
