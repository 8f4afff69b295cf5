/** What Kommo answers, as far as we read it: tolerant of what is extra, strict about what we use. */
import * as v from 'valibot';

const id = v.pipe(v.number(), v.integer(), v.minValue(1));
const maybe = <T extends v.GenericSchema>(schema: T) => v.nullish(schema);

/** `GET /api/v4/account`. */
export const AccountSchema = v.object({
  id,
  name: v.string(),
  subdomain: maybe(v.string()),
  current_user_id: id,
});
export type Account = v.InferOutput<typeof AccountSchema>;

/** `GET /api/v4/users/{id}`: administrators only. */
export const UserSchema = v.object({ id, name: v.string() });

/**
 * `POST /api/v2/events`. Nobody found has several shapes: no items, an item with null or 0 ids, no `_embedded`.
 */
export const EventsAnswerSchema = v.object({
  _embedded: maybe(
    v.object({
      items: maybe(
        v.array(
          v.object({
            element_id: maybe(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))])),
            element_type: maybe(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))])),
          }),
        ),
      ),
    }),
  ),
});

/** `GET /api/v4/{contacts|leads|companies|customers}/{id}`. */
export const EntitySchema = v.object({
  id,
  name: maybe(v.string()),
  first_name: maybe(v.string()),
  last_name: maybe(v.string()),
});

/** `POST /api/v4/calls`. */
export const CallsAnswerSchema = v.object({
  _embedded: maybe(
    v.object({ calls: maybe(v.array(v.object({ entity_id: maybe(v.number()), entity_type: maybe(v.string()) }))) }),
  ),
});

/** The list of an entity's notes, as far as call notes need it: other integrations write theirs as they like. */
export const NotesSchema = v.object({
  _embedded: v.object({
    notes: v.array(v.object({ id, params: maybe(v.object({ uniq: v.optional(v.unknown()) })) })),
  }),
});

/** `POST /oauth2/access_token`. */
export const TokenAnswerSchema = v.object({
  access_token: v.pipe(v.string(), v.nonEmpty()),
  refresh_token: v.pipe(v.string(), v.nonEmpty()),
  expires_in: v.pipe(v.number(), v.minValue(1)),
  /** Unix seconds, in newer answers. */
  server_time: maybe(v.number()),
});

/** An error body, `application/problem+json`. */
export const ProblemSchema = v.object({
  title: maybe(v.string()),
  detail: maybe(v.string()),
  hint: maybe(v.string()),
  retry_after: maybe(v.number()),
  /** `POST /api/v4/calls` puts its refusals here. */
  errors: maybe(v.array(v.object({ title: maybe(v.string()), detail: maybe(v.string()) }))),
});
export type Problem = v.InferOutput<typeof ProblemSchema>;
