// The account's own settings: whose rules apply, what is in the wallet, whether a long and a short of one contract may stand side by side.

import { live } from "lit/directives/live.js";
import { html, type TemplateResult } from "lit/html.js";
import type { ProfileName } from "../../../src/types.ts";
import type { App } from "../app.ts";
import { bundledMarket } from "../samples.ts";
import { accountOf, heldMarkets, setHedged, setProfile, setWallet } from "../state.ts";
import { PROFILE_WORDS } from "../words.ts";
import { decimalField, problemsUnder } from "./field.ts";

/** Assets with a wallet, or that a market settles in. */
function walletAssets(app: App): string[] {
  const { book } = app.state;
  const settles = book.markets.map(({ settle }) => settle);
  return [...new Set([...Object.keys(accountOf(book).balances ?? {}), ...settles])];
}

/** Whether the bundled brackets, which go by notional, can stand for the venue's. */
function bracketsFit({ shown }: App): boolean {
  const { model } = shown;
  if (model.engine.rules.tierMetric === "notional") return true;
  return !heldMarkets(model.book).some(
    ({ symbol, tiers }) =>
      JSON.stringify(bundledMarket(symbol)?.definition.tiers) === JSON.stringify(tiers),
  );
}

function profileChoice(app: App): TemplateResult {
  const { profile = "default" } = app.state.book;
  const name = typeof profile === "string" ? profile : null;
  const chosen = (event: Event): void => {
    const value = (event.target as HTMLSelectElement).value as ProfileName;
    app.edit(setProfile(app.state, value));
  };
  const names = Object.entries(PROFILE_WORDS) as [ProfileName, readonly [string, string]][];
  return html`<div class="profile">
    <label
      ><span class="field-name">Rules of</span>
      <select @change=${chosen} .value=${live(name ?? "own")}>
        ${names.map(
          ([value, [words]]) =>
            html`<option value=${value} ?selected=${value === name}>${words}</option>`,
        )}
        ${name === null ? html`<option value="own" selected disabled>own rules</option>` : ""}
      </select></label
    >
    <p class="soft small">
      ${name === null ? "Rules pasted with the book." : PROFILE_WORDS[name][1]}
    </p>
    ${bracketsFit(app) ? "" : html`<p class="small warn">This venue's brackets go by contracts and the bundled ones by notional: tiers, maintenance and liquidation prices are wrong until you paste its own.</p>`}
    ${problemsUnder(app.problems, "profile")}
  </div>`;
}

export function accountSettings(app: App): TemplateResult {
  const account = accountOf(app.state.book);
  return html`<div class="account">
    ${profileChoice(app)}
    <div class="wallets">
      ${walletAssets(app).map((asset) => {
        const path = `accounts[0].balances[${JSON.stringify(asset)}]`;
        return html`<label
            ><span class="field-name">Wallet, ${asset}</span> ${decimalField({
              app,
              label: `Wallet, ${asset}, outside isolated positions`,
              path,
              value: String(account.balances?.[asset] ?? ""),
              edit: (state, text) => setWallet(state, asset, text),
              placeholder: "0",
            })}</label
          >${problemsUnder(app.problems, path)}`;
      })}
      <label class="check" title="A long and a short of one contract may stand side by side">
        <input
          type="checkbox"
          .checked=${live(account.hedged === true)}
          @change=${(event: Event) =>
            app.edit(setHedged(app.state, (event.target as HTMLInputElement).checked))}
        />
        hedge mode
      </label>
    </div>
  </div>`;
}
