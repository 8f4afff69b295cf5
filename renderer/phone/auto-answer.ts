/** Whether the PBX asks the phone to answer by itself (intercom, click to dial), in the dialects that PBXs speak. Pure. */

/** Longest delay that is honoured, seconds. */
const LONGEST = 30;

/**
 * How long to wait before answering, milliseconds; null where the call is to ring. Understood are `Call-Info:
 * <…>;answer-after=0` (Snom, Grandstream, Yealink), `Alert-Info` with `info=alert-autoanswer`, `Auto Answer`, `Ring
 * Answer`, `intercom` and the like (Aastra, Yealink, Polycom, Cisco), each with `delay=` or `answer-after=` seconds,
 * and `Answer-Mode: Auto` (RFC 5373).
 * @param values every value of a header by its lower-case name
 */
export function autoAnswerDelay(values: (header: string) => readonly string[] | undefined): number | null {
  const callInfo = (values('call-info') ?? []).join(', ');
  const after = seconds(/;\s*answer-after\s*=\s*"?(\d{1,4})/i.exec(callInfo)?.[1]);
  if (after !== null) return after;

  for (const alert of values('alert-info') ?? []) {
    const asks =
      /\b(?:alert-)?auto[\s_-]?answer\b/i.test(alert) ||
      /\bring[\s_-]?answer\b/i.test(alert) ||
      /(?:^|[;=/:\s<"])intercom(?:$|[;>,\s"])/i.test(alert) ||
      /;\s*answer-after\s*=/i.test(alert);
    if (asks) return seconds(/;\s*(?:delay|answer-after)\s*=\s*"?(\d{1,4})/i.exec(alert)?.[1]) ?? 0;
  }
  const mode = [...(values('answer-mode') ?? []), ...(values('priv-answer-mode') ?? [])];
  return mode.some((value) => /^auto\b/i.test(value)) ? 0 : null;
}

function seconds(written: string | undefined): number | null {
  return written === undefined ? null : Math.min(Number(written), LONGEST) * 1000;
}
