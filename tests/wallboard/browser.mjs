/*
 * browser.mjs - a headless Chromium, driven over its debugging pipe: descriptors 3 and 4, JSON ended by NUL. So nothing is
 * needed but Chromium itself and Node.
 */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export class Browser {
  #process;
  #profile = mkdtempSync(join(tmpdir(), 'callboard-browser-'));
  #next = 1;
  #waiting = new Map();
  #listeners = [];

  /* PROGRAM is Chromium's. Its sandbox cannot be had by root. */
  constructor(program = process.env.CHROMIUM ?? 'chromium') {
    const flags = ['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${this.#profile}`, '--no-first-run',
      '--disable-gpu', '--disable-dev-shm-usage', '--disable-extensions', '--disable-background-networking', '--lang=en-US',
      '--ignore-certificate-errors', ...(process.getuid() === 0 ? ['--no-sandbox'] : []), 'about:blank'];
    this.#process = spawn(program, flags, {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    this.#process.on('exit', () => this.#fail(new Error(`${program} has ended`)));
    this.#process.on('error', (error) => this.#fail(error));
    let rest = '';
    this.#process.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) this.#take(JSON.parse(message));
    });
  }

  #fail(error) {
    for (const {reject} of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(message) {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (!waiting) for (const listener of this.#listeners) listener(message);
    else if (message.error) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {resolve, reject});
      this.#process.stdio[3].write(`${JSON.stringify({id, method, params, sessionId})}\0`);
    });
  }

  listen(listener) {
    this.#listeners.push(listener);
  }

  /* A page of its own, WIDTH by HEIGHT, with what SCHEME ("light", "dark") says of colours. */
  async page(width, height, scheme = 'light') {
    const {browserContextId} = await this.send('Target.createBrowserContext');
    const {targetId} = await this.send('Target.createTarget', {url: 'about:blank', browserContextId});
    const {sessionId} = await this.send('Target.attachToTarget', {targetId, flatten: true});
    const page = new Page(this, sessionId);
    await page.send('Page.enable');
    await page.send('Runtime.enable');
    await page.send('Log.enable');
    await page.send('Network.enable');
    await page.send('Audits.enable');
    await page.size(width, height);
    await page.send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: scheme}]});
    return page;
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.send('Browser.close').catch(() => {});
    await ended;
    rmSync(this.#profile, {recursive: true, force: true, maxRetries: 5});
  }
}

class Page {
  complaints = []; // what the page's console has of errors
  requests = []; // the addresses of all that it has asked for
  violations = []; // of its Content-Security-Policy, as the browser reports them
  host; // where it came from

  constructor(browser, session) {
    this.browser = browser;
    this.session = session;
    browser.listen(({method, params, sessionId}) => {
      if (sessionId !== session) return;
      if (method === 'Runtime.exceptionThrown') this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url);
      if (method === 'Network.webSocketCreated') this.requests.push(params.url);
      const violation = params?.issue?.details?.contentSecurityPolicyIssueDetails;
      if (violation) this.violations.push(`${violation.violatedDirective} ${violation.blockedURL ?? ''}`);
      if (method === 'Log.entryAdded' && params.entry.level === 'error') this.complaints.push(`${params.entry.source}: ${params.entry.text}`);
    });
  }

  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  size(width, height, deviceScaleFactor = 1) {
    return this.send('Emulation.setDeviceMetricsOverride', {width, height, deviceScaleFactor, mobile: false});
  }

  async go(url) {
    this.host = new URL(url).host;
    await this.send('Page.navigate', {url});
  }

  /* The value of EXPRESSION in the page. */
  async value(expression) {
    const {result, exceptionDetails} = await this.send('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /* Presses KEY ("Tab", "Enter", "Escape", "ArrowDown", a letter), with Shift where SHIFT says so. */
  async press(key, shift = false) {
    const known = {Tab: 9, Enter: 13, Escape: 27, ' ': 32, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Backspace: 8};
    const typed = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    const event = {key, code: key, windowsVirtualKeyCode: known[key] ?? key.toUpperCase().charCodeAt(0), modifiers: shift ? 8 : 0};
    await this.send('Input.dispatchKeyEvent', {type: typed ? 'keyDown' : 'rawKeyDown', ...event, text: typed});
    await this.send('Input.dispatchKeyEvent', {type: 'keyUp', ...event});
  }

  /* Types TEXT into what has the focus. */
  type(text) {
    return this.send('Input.insertText', {text});
  }

  /* Waits until EXPRESSION is true. */
  async until(expression, seconds = 15) {
    const deadline = Date.now() + seconds * 1000;
    let seen;
    while (Date.now() < deadline) {
      seen = await this.value(expression).catch((error) => error.message);
      if (seen === true) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`not within ${seconds} s: ${expression} (last: ${JSON.stringify(seen)})`);
  }

  async screenshot(file, wholePage = false) {
    const {data} = await this.send('Page.captureScreenshot', {format: 'png', captureBeyondViewport: wholePage, optimizeForSpeed: false});
    writeFileSync(file, Buffer.from(data, 'base64'));
  }
}
