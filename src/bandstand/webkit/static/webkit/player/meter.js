/* The Web Audio graph: element -> gain -> analyser -> loudspeaker. Built at the first play, when the browser lets sound out. */

export class Meter {
  #audio;
  #context = null;
  #gain = null;
  #analyser = null;
  #volume = 1;

  constructor(audio) {
    this.#audio = audio;
  }

  /* Call from play(), which a person's gesture has brought about. */
  async wake() {
    if (!this.#context) this.#build();
    if (this.#context.state === "suspended") await this.#context.resume();
  }

  set volume(value) {
    this.#volume = value;
    if (this.#gain) this.#gain.gain.setTargetAtTime(value, this.#context.currentTime, 0.01);
  }

  /* Root mean square of the last 2048 samples that went out, 0 to 1. */
  level() {
    if (!this.#analyser) return 0;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
  }

  /* Loudness of `count` bands from low to high, 0 to 1 each. */
  bands(count) {
    if (!this.#analyser) return new Array(count).fill(0);
    const bins = new Uint8Array(this.#analyser.frequencyBinCount);
    this.#analyser.getByteFrequencyData(bins);
    const edge = (band) => Math.round(4 * (bins.length / 8) ** (band / count));
    return Array.from({ length: count }, (_, band) => Math.max(...bins.subarray(edge(band), edge(band + 1) + 1)) / 255);
  }

  #build() {
    this.#context = new AudioContext();
    this.#gain = this.#context.createGain();
    this.#gain.gain.value = this.#volume;
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 2048;
    this.#context.createMediaElementSource(this.#audio).connect(this.#gain);
    this.#gain.connect(this.#analyser).connect(this.#context.destination);
  }
}
