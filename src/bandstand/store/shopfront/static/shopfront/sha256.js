/* SHA-256 in pieces (FIPS 180-4). WebCrypto only takes a file whole, and only on https; a master may have gigabytes, and
   a shop may run on plain http at home. So files are hashed here, a block at a time, in constant memory. */

const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n += 1) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);
const fraction = (number) => Math.floor((number - Math.floor(number)) * 2 ** 32) | 0;
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

export class Sha256 {
  #state = Int32Array.from(START);
  #words = new Int32Array(64);
  #held = new Uint8Array(64);
  #count = 0;
  #size = 0;

  /* Take more bytes. */
  update(bytes) {
    this.#size += bytes.length;
    let at = 0;
    if (this.#count) {
      at = Math.min(64 - this.#count, bytes.length);
      this.#held.set(bytes.subarray(0, at), this.#count);
      this.#count += at;
      if (this.#count < 64) return this;
      this.#blocks(this.#held, 0, 64);
    }
    const whole = at + Math.floor((bytes.length - at) / 64) * 64;
    this.#blocks(bytes, at, whole);
    this.#count = bytes.length - whole;
    this.#held.set(bytes.subarray(whole));
    return this;
  }

  /* Return the hash of all bytes in hexadecimal; nothing more can be taken then. */
  hex() {
    const bits = this.#size * 8;
    const tail = new Uint8Array(this.#count < 56 ? 64 : 128);
    tail.set(this.#held.subarray(0, this.#count));
    tail[this.#count] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(tail.length - 4, bits % 2 ** 32);
    this.#blocks(tail, 0, tail.length);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #blocks(bytes, start, end) {
    const w = this.#words;
    const s = this.#state;
    for (let at = start; at < end; at += 64) {
      for (let i = 0, b = at; i < 16; i += 1, b += 4) {
        w[i] = (bytes[b] << 24) | (bytes[b + 1] << 16) | (bytes[b + 2] << 8) | bytes[b + 3];
      }
      for (let i = 16; i < 64; i += 1) {
        const x = w[i - 15];
        const y = w[i - 2];
        const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = (w[i - 16] + low + w[i - 7] + high) | 0;
      }
      let [a, b, c, d, e, f, g, h] = s;
      for (let i = 0; i < 64; i += 1) {
        const high = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const one = (h + high + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const low = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + one) | 0;
        d = c;
        c = b;
        b = a;
        a = (one + two) | 0;
      }
      s[0] += a;
      s[1] += b;
      s[2] += c;
      s[3] += d;
      s[4] += e;
      s[5] += f;
      s[6] += g;
      s[7] += h;
    }
  }
}
