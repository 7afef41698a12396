// A cache that forgets what wasn't used for longest.

/** @template V */
export class Lru {
  /** @param {number} most entries @param {(value: V) => void} [drop] called with what is forgotten */
  constructor(most, drop = () => {}) {
    this.most = most;
    this.drop = drop;
    /** @type {Map<any, V>} */
    this.entries = new Map();
  }

  /** @param {any} key @returns {V|undefined} */
  get(key) {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  /** @param {any} key @param {V} value */
  put(key, value) {
    const before = this.entries.get(key);
    if (before !== undefined && before !== value) this.drop(before);
    this.entries.delete(key);
    this.entries.set(key, value);
    for (const [oldest, entry] of this.entries) {
      if (this.entries.size <= this.most) break;
      this.entries.delete(oldest);
      this.drop(entry);
    }
  }

  clear() {
    for (const value of this.entries.values()) this.drop(value);
    this.entries.clear();
  }
}
