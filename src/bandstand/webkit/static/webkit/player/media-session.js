/* Media keys, headset buttons and the system's own player, where the browser has them. */

const STEP = 10; // seconds

export function connect(engine, queue) {
  const session = navigator.mediaSession;
  if (!session) return;

  const offer = (action, act) => {
    try {
      session.setActionHandler(action, act);
    } catch {
      // a browser may not know every action
    }
  };
  offer("play", () => engine.play());
  offer("pause", () => engine.pause());
  offer("stop", () => engine.pause());
  offer("seekto", ({ seekTime }) => engine.seek(seekTime));
  offer("seekbackward", ({ seekOffset }) => engine.seek(engine.currentTime - (seekOffset || STEP)));
  offer("seekforward", ({ seekOffset }) => engine.seek(engine.currentTime + (seekOffset || STEP)));

  const steps = () => {
    offer("nexttrack", queue.hasNext ? () => engine.next() : null);
    offer("previoustrack", queue.length ? () => engine.previous() : null);
  };
  queue.addEventListener("change", steps);

  engine.addEventListener("track", () => {
    const { item } = engine;
    const artwork = item?.cover ? [{ src: item.cover }] : [];
    session.metadata = item && new MediaMetadata({ title: item.title, artist: item.artist, artwork });
    steps();
  });
  engine.addEventListener("state", () => {
    session.playbackState = { playing: "playing", loading: "playing", empty: "none" }[engine.state] ?? "paused";
  });
  engine.addEventListener("time", () => {
    const { duration, currentTime } = engine;
    if (duration > 0) session.setPositionState({ duration, position: Math.min(currentTime, duration), playbackRate: 1 });
  });
}
