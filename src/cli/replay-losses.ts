// What the liquidations of a replay come to: scopes by outcome, what was closed how, who paid, and how it is spread over the time of the
// tape. Conservation may be checked after every tick (--audit).
import type { RiskEngine } from "../engine/engine.ts";
import { RiskError } from "../errors.ts";
import type { EngineEvent, LiquidationPolicy } from "../types.ts";
import { Sums } from "./decimal-sums.ts";
import type { ImpactModel, LiquidationPlan } from "./replay-liquidation.ts";
import type { ReplayLiquidated, ReplayObserver } from "./replay-run.ts";

type SumTexts = Readonly<Record<string, string>>;

/** One row of the cascade: notional closed, by side, in doubles for drawing. */
export interface LossBucket {
  /** Start, ms since 1970. */
  readonly time: number;
  readonly long: number;
  readonly short: number;
}

export interface LossReport {
  readonly policy: LiquidationPolicy;
  readonly impact: ImpactModel | null;
  /** Liquidations of a scope, by outcome; one scope may be liquidated several times. */
  readonly outcomes: Readonly<Record<"stands" | "closed" | "pending", number>>;
  readonly accounts: number;
  /** Steps by how they were paid. */
  readonly steps: Readonly<Record<string, number>>;
  /** Notional closed at the mark, by settle asset. */
  readonly notional: SumTexts;
  readonly realizedPnl: SumTexts;
  readonly fees: SumTexts;
  /** Insurance funds: before, what came in and went out, and after. */
  readonly fund: {
    readonly before: SumTexts;
    readonly received: SumTexts;
    readonly paid: SumTexts;
    readonly after: SumTexts;
  };
  /** Losses that nobody could pay. */
  readonly uncovered: SumTexts;
  /** Scopes that are liquidatable after the last tick: those that the policy leaves for later. */
  readonly underInTheEnd: number;
  readonly counterparties: number;
  /** Ticks that liquidations made, and the most waves one tick of the tape took. */
  readonly impactTicks: number;
  readonly mostWaves: number;
  /** Times conservation was checked to the last unit. */
  readonly audits: number;
  readonly milliseconds: number;
  /** Fingerprint of the engine in the end: the same run gives the same. */
  readonly stateHash: string;
  readonly buckets: readonly LossBucket[];
}

/** Looks on at the liquidations of a replay and counts. */
export class ReplayLosses implements ReplayObserver {
  readonly #engine: RiskEngine;
  readonly #plan: LiquidationPlan;
  readonly #settles: ReadonlyMap<string, string>;
  readonly #audited: boolean;
  readonly #before: SumTexts;
  readonly #outcomes = { stands: 0, closed: 0, pending: 0 };
  readonly #accounts: Set<string> = new Set();
  readonly #counterparties: Set<string> = new Set();
  readonly #steps: Map<string, number> = new Map();
  readonly #notional = new Sums();
  readonly #realized = new Sums();
  readonly #fees = new Sums();
  readonly #received = new Sums();
  readonly #paid = new Sums();
  readonly #uncovered = new Sums();
  readonly #rows: Map<number, { long: number; short: number }> = new Map();
  readonly #bucketMs: number;
  #impactTicks = 0;
  #mostWaves = 0;
  #audits = 0;
  #microseconds = 0;

  constructor(
    engine: RiskEngine,
    plan: LiquidationPlan,
    terms: {
      readonly settles: ReadonlyMap<string, string>;
      readonly bucketMinutes: number;
      readonly audit: boolean;
    },
  ) {
    this.#engine = engine;
    this.#plan = plan;
    this.#settles = terms.settles;
    this.#bucketMs = terms.bucketMinutes * 60_000;
    this.#audited = terms.audit;
    this.#before = this.#funds();
  }

  after({ stage, number }: { readonly stage: string; readonly number: number }): undefined {
    if (stage === "impact") this.#impactTicks += 1;
    if (this.#audited) this.#audit(`after tick ${number}`);
  }

  liquidated({ events, time, wave, number, microseconds }: ReplayLiquidated): undefined {
    this.#microseconds += microseconds;
    this.#mostWaves = Math.max(this.#mostWaves, wave);
    for (const event of events) this.#count(event, time);
    if (this.#audited) this.#audit(`after the liquidations of tick ${number}`);
  }

  report(): LossReport {
    return {
      policy: this.#plan.policy,
      impact: this.#plan.impact,
      outcomes: { ...this.#outcomes },
      accounts: this.#accounts.size,
      steps: Object.fromEntries([...this.#steps].sort()),
      notional: this.#notional.texts(),
      realizedPnl: this.#realized.texts(),
      fees: this.#fees.texts(),
      fund: {
        before: this.#before,
        received: this.#received.texts(),
        paid: this.#paid.texts(),
        after: this.#funds(),
      },
      uncovered: this.#uncovered.texts(),
      underInTheEnd: this.#engine.scan().count,
      counterparties: this.#counterparties.size,
      impactTicks: this.#impactTicks,
      mostWaves: this.#mostWaves,
      audits: this.#audits,
      milliseconds: this.#microseconds / 1000,
      stateHash: this.#engine.stateHash(),
      buckets: [...this.#rows]
        .sort(([a], [b]) => a - b)
        .map(([at, row]) => ({ time: at * this.#bucketMs, ...row })),
    };
  }

  #funds(): SumTexts {
    const texts: Record<string, string> = Object.create(null);
    for (const asset of new Set(this.#settles.values())) {
      texts[asset] = this.#engine.insuranceFund(asset);
    }
    return texts;
  }

  #count(event: EngineEvent, time: number): void {
    switch (event.type) {
      case "positionLiquidated": {
        const asset = this.#settles.get(event.symbol) ?? "?";
        this.#steps.set(event.how, (this.#steps.get(event.how) ?? 0) + 1);
        this.#notional.add(asset, event.notional);
        this.#realized.add(asset, event.realizedPnl);
        this.#fees.add(asset, event.fee);
        this.#flow(asset, event);
        const row = this.#row(time);
        row[event.side] += Number(event.notional);
        break;
      }
      case "liquidationEnded":
        this.#outcomes[event.outcome] += 1;
        this.#accounts.add(event.account);
        this.#flow(event.settle, event);
        break;
      case "deleveraged":
        this.#counterparties.add(event.account);
        break;
      default:
    }
  }

  #flow(
    asset: string,
    { insurance, uncovered }: { readonly insurance: string; readonly uncovered: string },
  ): void {
    if (insurance.startsWith("-")) this.#paid.add(asset, insurance.slice(1));
    else this.#received.add(asset, insurance);
    this.#uncovered.add(asset, uncovered);
  }

  #row(time: number): { long: number; short: number } {
    const at = Math.floor(time / this.#bucketMs);
    const row = this.#rows.get(at) ?? { long: 0, short: 0 };
    this.#rows.set(at, row);
    return row;
  }

  #audit(when: string): void {
    this.#audits += 1;
    for (const [asset, { difference }] of Object.entries(this.#engine.audit())) {
      if (difference === "0") continue;
      throw new RiskError("INTERNAL", `${difference} ${asset} came from nowhere ${when}`);
    }
  }
}
