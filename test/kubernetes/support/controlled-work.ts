import { turn } from './until.ts';

/** Work that the test completes. */
export class ControlledWork {
  readonly started: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();

  readonly worker = async (key: string): Promise<void> => {
    this.started.push(key);
    await new Promise<void>((resolve, reject) => {
      this.#ends.set(key, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  };

  async end(key: string, error?: Error): Promise<void> {
    const end = this.#ends.get(key);
    if (end === undefined) throw new Error(`${key} is not running`);
    this.#ends.delete(key);
    end(error);
    await turn();
  }

  async endAll(): Promise<void> {
    for (const key of [...this.#ends.keys()]) await this.end(key);
  }
}
