import { pathToFileURL } from "node:url";
import { openBrowser } from "./support/browser.ts";
import { globSync } from "node:fs";
const browser = await openBrowser();
for (const path of globSync("/tmp/gaps-shot/{f,p,ff,fp}/*/f*.html").concat(globSync("/tmp/gaps-shot/{a1,a2}/*/report.html"))) {
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
  await page.goto(pathToFileURL(path).href);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${path.split("/")[3]}.png`.replace(/^/, "/tmp/gaps-shot/"), fullPage: true });
}
await browser.close();
