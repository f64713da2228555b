//! A walk at random through edits and transport, in a process that is killed now and then: what it comes to is
//! what a model of a few lines says.
//!
//! The test runs its own executable again as the desk, tells it what to do line by line, and kills it without
//! warning, also while it works. `STRINGOUT_FUZZ_SEED` makes a walk again.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ipc::{EditArgs, TransportArgs};
use serde_json::{Value, json};
use tests::fuzz::mutate::random::Random;
use tests::fuzz::seed;
use tests::media::MediaSpec;
use timeline::MAX_STEPS;

use crate::WALK;
use crate::bench::{Bench, open};

const TEST: &str = "walk::a_walk_at_random_ends_where_the_model_does";
const WORKSPACE: &str = "STRINGOUT_WALK_IN";
/// Once in so many commands the process is killed.
const KILLS: usize = 120;
/// Frames of each flow.
const FRAMES: usize = 180;
/// Clips from which on there are more removals.
const MANY: usize = 24;
/// Stands in front of what the desk says, on a line of its own.
const SAYS: &str = "desk says ";

/// Which flow, its first frame there, and frames.
type Piece = (usize, usize, usize);

/// The sequence and everything that can be undone and redone.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    now: Vec<Piece>,
    past: Vec<Vec<Piece>>,
    future: Vec<Vec<Piece>>,
    /// The frame of the source monitor.
    frame: usize,
}

impl Model {
    fn length(&self) -> usize {
        self.now.iter().map(|(.., frames)| frames).sum()
    }

    fn set(&mut self, next: Vec<Piece>) {
        if next == self.now {
            return;
        }
        self.past.push(std::mem::replace(&mut self.now, next));
        self.future.clear();
        if self.past.len() > MAX_STEPS {
            self.past.remove(0);
        }
    }

    fn undo(&mut self) {
        if let Some(before) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.now, before));
        }
    }

    fn redo(&mut self) {
        if let Some(after) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.now, after));
        }
    }

    /// What lies between two frames.
    fn between(&self, from: usize, to: usize) -> Vec<Piece> {
        let mut at = 0;
        let mut cut = Vec::new();
        for (flow, first, frames) in &self.now {
            let (begin, end) = (from.max(at), to.min(at + frames));
            if begin < end {
                cut.push((*flow, first + begin - at, end - begin));
            }
            at += frames;
        }
        cut
    }

    fn told(&self) -> Value {
        json!({
            "clips": self.now,
            "done": self.past.len(),
            "steps": self.past.len() + self.future.len(),
        })
    }
}

/// A command, and what the model does with it.
fn next(random: &mut Random, model: &Model, flows: &[String; 2]) -> (Value, Model) {
    let mut after = model.clone();
    let edit = |kind: &str, more: Value| {
        let mut edit = json!({ "kind": kind });
        if let (Some(edit), Value::Object(more)) = (edit.as_object_mut(), more) {
            edit.extend(more);
        }
        json!({ "edit": edit })
    };
    let flow = random.below(2);
    let first = random.below(FRAMES - 1);
    let frames = 1 + random.below((FRAMES - first - 1).min(40));
    let piece = (flow, first, frames);
    let part = json!({"flowId": flows[flow], "markIn": first, "markOut": first + frames});
    let length = model.length();
    let clips = model.now.len();
    let kind = match random.below(16) {
        // What needs a clip appends where there is none.
        kind if (4..10).contains(&kind) && clips == 0 => 0,
        0..=2 if clips > MANY => 4,
        kind => kind,
    };
    let index = random.below(clips);
    let command = match kind {
        0 => {
            after.set([model.now.clone(), vec![piece]].concat());
            edit("append", json!({ "part": part }))
        }
        1 => {
            let at = random.below(length + 1);
            let behind = model.between(at, length);
            after.set([model.between(0, at), vec![piece], behind].concat());
            edit("insert", json!({"part": part, "at": at}))
        }
        2 => {
            let at = random.below(length + 1);
            let behind = model.between(at + frames, length);
            after.set([model.between(0, at), vec![piece], behind].concat());
            edit("overwrite", json!({"part": part, "at": at}))
        }
        4 | 5 => {
            let mut left = model.now.clone();
            left.remove(index);
            after.set(left);
            edit("remove", json!({ "clips": [index] }))
        }
        6 => {
            let to = random.below(clips + 1);
            let mut moved = model.now.clone();
            let clip = moved.remove(index);
            moved.insert(if to > index { to - 1 } else { to }, clip);
            after.set(moved);
            edit("move", json!({"clip": index, "to": to}))
        }
        7 => {
            let mut trimmed = model.now.clone();
            trimmed[index] = (trimmed[index].0, first, frames);
            after.set(trimmed);
            edit(
                "trim",
                json!({"clip": index, "first": first, "frames": frames}),
            )
        }
        8 | 9 if length > clips => {
            // Somewhere inside a clip.
            let inside = (0..).map(|_| random.below(length)).find(|at| {
                let mut borders = 0;
                !model.now.iter().any(|(.., frames)| {
                    let border = borders == *at;
                    borders += frames;
                    border
                })
            });
            let at = inside.unwrap();
            after.set([model.between(0, at), model.between(at, length)].concat());
            edit("split", json!({ "at": at }))
        }
        3 | 10 => {
            after.undo();
            edit("undo", json!({}))
        }
        11 => {
            after.redo();
            edit("redo", json!({}))
        }
        12 => {
            after.frame = first;
            json!({"transport": {"kind": "seek", "frame": first}})
        }
        13 => {
            let steps = i64::try_from(random.below(21)).unwrap() - 10;
            after.frame = model
                .frame
                .saturating_add_signed(isize::try_from(steps).unwrap());
            after.frame = after.frame.min(FRAMES - 1);
            json!({"transport": {"kind": "step", "frames": steps}})
        }
        14 => {
            after.frame = first;
            json!({"transport": {"kind": "scrub", "frame": first}})
        }
        _ => json!({"transport": {"kind": "pause"}}),
    };
    (command, after)
}

/// The desk in a process of its own.
struct Walker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Walker {
    /// Starts it; what its sequence is.
    fn start(workspace: &Path) -> (Self, Value) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
            .env(WORKSPACE, workspace)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut walker = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        let state = walker.answer();
        (walker, state)
    }

    fn send(&mut self, command: &Value) {
        writeln!(self.input, "{command}").unwrap();
    }

    fn answer(&mut self) -> Value {
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the desk ended by itself");
            if let Some(said) = line.strip_prefix(SAYS) {
                return serde_json::from_str(said).unwrap();
            }
        }
    }
}

impl Drop for Walker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process that is told what to do, and killed.
async fn walk(workspace: &Path) {
    let desk = open(workspace).await;
    let flows = flow_ids(workspace);
    let say = |what: &Value| println!("\n{SAYS}{what}");
    let state = |sequence: &ipc::SequenceView| {
        let clips = sequence.clips.iter().map(|clip| {
            let flow = flows.iter().position(|flow| *flow == clip.flow_id);
            (flow, clip.source_first, clip.source_frames)
        });
        json!({
            "clips": clips.collect::<Vec<_>>(),
            "done": sequence.done,
            "steps": sequence.history.len(),
        })
    };
    let opened = desk.source_open(ipc::OpenArgs {
        flow_id: flows[0].clone(),
        frame: None,
    });
    opened.await.unwrap();
    let mut ready = desk.events();
    while desk.desk_view().await.unwrap().source.state != ipc::MonitorState::Ready {
        ready.recv().await.unwrap();
    }
    let mut sequence = desk.desk_view().await.unwrap().sequence;
    say(&state(&sequence));
    for line in std::io::stdin().lines() {
        let mut command: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if command["transport"].is_object() {
            command["monitor"] = json!("source");
            let args: TransportArgs = serde_json::from_value(command).unwrap();
            let view = desk.monitor_transport(args).await.unwrap();
            say(&json!({ "frame": view.frame }));
            continue;
        }
        // Clips are named by their place.
        let edit = &mut command["edit"];
        let id = |place: &Value| {
            let place = usize::try_from(place.as_u64().unwrap()).unwrap();
            json!(sequence.clips[place].id)
        };
        if !edit["clip"].is_null() {
            edit["clip"] = id(&edit["clip"]);
        }
        if !edit["clips"].is_null() {
            edit["clips"] = json!([id(&edit["clips"][0])]);
        }
        let args: EditArgs = serde_json::from_value(command).unwrap();
        sequence = desk.sequence_edit(args).await.unwrap();
        say(&state(&sequence));
    }
}

/// The two flows lie beside the workspace, in a file.
fn flow_ids(workspace: &Path) -> [String; 2] {
    let text = std::fs::read_to_string(workspace.with_file_name("flows")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_at_random_ends_where_the_model_does() {
    if let Some(workspace) = std::env::var_os(WORKSPACE) {
        return walk(Path::new(&workspace)).await;
    }
    let mut bench = Bench::start().await;
    let flows = [
        bench.ingest(&MediaSpec::small(26)).await,
        bench.ingest(&MediaSpec::small(27)).await,
    ];
    let Bench { desk, folder, .. } = bench;
    desk.shut_down().await;
    drop(desk);
    let workspace = folder.path().join("workspace");
    std::fs::write(folder.path().join("flows"), json!(flows).to_string()).unwrap();
    let walked = tokio::task::spawn_blocking(move || walk_along(&workspace, &flows));
    walked.await.unwrap();
}

fn walk_along(workspace: &Path, flows: &[String; 2]) {
    let seed = seed();
    println!("STRINGOUT_FUZZ_SEED={seed}");
    let (mut walker, state) = Walker::start(workspace);
    let mut model = Model::default();
    assert_eq!(state, model.told());
    let mut kills = 0;
    for number in 0..WALK {
        let mut random = Random::of(seed, number);
        let (command, after) = next(&mut random, &model, flows);
        walker.send(&command);
        if random.one_in(KILLS) {
            // At once, or when it has answered: what was answered is there, what was not may be.
            let answered = random.one_in(2);
            if answered {
                walker.answer();
            }
            drop(walker);
            let state;
            (walker, state) = Walker::start(workspace);
            if answered || state == after.told() {
                model = after;
            }
            assert_eq!(state, model.told(), "killed at {number}, {command}");
            model.frame = 0;
            kills += 1;
            continue;
        }
        model = after;
        let answer = walker.answer();
        match answer.get("frame") {
            Some(frame) => assert_eq!(*frame, json!(model.frame), "{number}: {command}"),
            None => assert_eq!(answer, model.told(), "{number}: {command}"),
        }
    }
    println!("{WALK} commands, {kills} kills");
}
