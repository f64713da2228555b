//! A file that is dragged over a window and let go, as a file manager does it: the XDND protocol,
//! version 5, <https://www.freedesktop.org/wiki/Specifications/XDND/>.
//!
//! No pointer moves. The window under test is told where the pointer would be, asks this side for the
//! names of the files, and answers whether it would take them.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use url::Url;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageData, ClientMessageEvent, ConnectionExt as _, CreateWindowAux,
    EventMask, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// A step of a drag takes milliseconds; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often events are looked for.
const POLL: Duration = Duration::from_millis(5);

x11rb::atom_manager! {
    /// The names of the protocol.
    Atoms: AtomsCookie {
        XdndAware,
        XdndSelection,
        XdndEnter,
        XdndPosition,
        XdndStatus,
        XdndDrop,
        XdndFinished,
        XdndActionCopy,
        URI_LIST: b"text/uri-list",
        STRINGOUT_TIME,
    }
}

/// A file that hangs over a window.
pub struct Drag {
    connection: RustConnection,
    atoms: Atoms,
    root: Window,
    source: Window,
    target: Window,
    list: String,
    time: u32,
}

impl std::fmt::Debug for Drag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drag")
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}

impl Drag {
    /// Drags `file` over the middle of the only window on `display` that takes files.
    ///
    /// # Panics
    /// When there is no such window, or it would not take the file.
    pub(super) fn over(display: &str, file: &Path) -> Self {
        let (connection, number) = x11rb::connect(Some(display)).expect("the screen is there");
        let root = connection.setup().roots[number].root;
        let atoms = Atoms::new(&connection).expect("the screen is there");
        let atoms = atoms.reply().expect("the screen gives names");
        let source = connection.generate_id().expect("a number for a window");
        let look = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        connection
            .create_window(
                0,
                source,
                root,
                0,
                0,
                1,
                1,
                0,
                WindowClass::INPUT_ONLY,
                0,
                &look,
            )
            .expect("a window");
        let target = aware(&connection, root, atoms.XdndAware).expect("a window that takes files");
        let list = format!(
            "{}\r\n",
            Url::from_file_path(file).expect("an absolute path")
        );
        let mut drag = Self {
            connection,
            atoms,
            root,
            source,
            target,
            list,
            time: 0,
        };
        drag.time = drag.server_time();
        drag.connection
            .set_selection_owner(source, atoms.XdndSelection, drag.time)
            .expect("the selection is free");
        drag.say(
            drag.atoms.XdndEnter,
            [source, 5 << 24, atoms.URI_LIST, 0, 0],
        );
        // The window asks for the names at the first motion and knows them at a later one.
        let begun = Instant::now();
        while !drag.would_take() {
            assert!(
                begun.elapsed() < PATIENCE,
                "the window does not take {file:?}"
            );
        }
        drag.would_take();
        drag
    }

    /// Lets it go.
    ///
    /// # Panics
    /// When the window does not end the drag.
    pub fn let_go(self) {
        self.say(self.atoms.XdndDrop, [self.source, 0, self.time, 0, 0]);
        self.wait(self.atoms.XdndFinished);
    }

    /// Moves, and tells whether the window would take the files here.
    fn would_take(&self) -> bool {
        let size = self
            .connection
            .get_geometry(self.target)
            .expect("the window is there");
        let size = size.reply().expect("the window has a size");
        let (x, y) = (u32::from(size.width / 2), u32::from(size.height / 2));
        self.say(
            self.atoms.XdndPosition,
            [
                self.source,
                0,
                x << 16 | y,
                self.time,
                self.atoms.XdndActionCopy,
            ],
        );
        let [_, flags, ..] = self.wait(self.atoms.XdndStatus);
        flags & 1 == 1
    }

    fn say(&self, kind: Atom, words: [u32; 5]) {
        let message =
            ClientMessageEvent::new(32, self.target, kind, ClientMessageData::from(words));
        self.connection
            .send_event(false, self.target, EventMask::NO_EVENT, message)
            .expect("the window is there");
        self.connection.flush().expect("the screen is there");
    }

    /// Waits for a message of the window, and gives it the names of the files when it asks.
    fn wait(&self, kind: Atom) -> [u32; 5] {
        let begun = Instant::now();
        loop {
            match self
                .connection
                .poll_for_event()
                .expect("the screen is there")
            {
                Some(Event::ClientMessage(message)) if message.type_ == kind => {
                    return message.data.as_data32();
                }
                Some(Event::SelectionRequest(request)) => self.answer(&request),
                Some(_) => {}
                None => thread::sleep(POLL),
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "the window does not answer the drag"
            );
        }
    }

    /// The names of the files, as the window asked for them.
    fn answer(&self, request: &SelectionRequestEvent) {
        let known = request.target == self.atoms.URI_LIST;
        if known {
            self.connection
                .change_property8(
                    PropMode::REPLACE,
                    request.requestor,
                    request.property,
                    request.target,
                    self.list.as_bytes(),
                )
                .expect("the window is there");
        }
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: if known {
                request.property
            } else {
                AtomEnum::NONE.into()
            },
        };
        self.connection
            .send_event(false, request.requestor, EventMask::NO_EVENT, answer)
            .expect("the window is there");
        self.connection.flush().expect("the screen is there");
    }

    /// The time on the screen's own clock, in milliseconds: what happens to a window carries it.
    fn server_time(&self) -> u32 {
        self.connection
            .change_property8(
                PropMode::REPLACE,
                self.source,
                self.atoms.STRINGOUT_TIME,
                AtomEnum::STRING,
                b"now",
            )
            .expect("the window is there");
        self.connection.flush().expect("the screen is there");
        let begun = Instant::now();
        loop {
            let event = self
                .connection
                .poll_for_event()
                .expect("the screen is there");
            if let Some(Event::PropertyNotify(change)) = event {
                return change.time;
            }
            assert!(begun.elapsed() < PATIENCE, "the screen tells no time");
            thread::sleep(POLL);
        }
    }
}

impl Drop for Drag {
    fn drop(&mut self) {
        // The screen may be gone already.
        let _ = self.connection.destroy_window(self.source);
        let _ = self
            .connection
            .set_selection_owner(self.root, self.atoms.XdndSelection, self.time);
        let _ = self.connection.flush();
    }
}

/// The visible window of the screen that takes files.
fn aware(connection: &RustConnection, root: Window, aware: Atom) -> Option<Window> {
    let tree = connection.query_tree(root).ok()?.reply().ok()?;
    tree.children.into_iter().find(|window| {
        let property = connection.get_property(false, *window, aware, AtomEnum::ATOM, 0, 1);
        property
            .ok()
            .and_then(|cookie| cookie.reply().ok())
            .is_some_and(|property| property.value_len > 0)
    })
}
