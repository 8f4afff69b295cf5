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
  /** 1: first name first, 2: last name first. */
  contact_name_display_order: v.fallback(maybe(v.number()), null),
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

/** `GET /api/v4/{contacts|leads|companies|customers}/{id}`: what is not as expected costs no more than itself. */
export const EntitySchema = v.object({
  id,
  name: maybe(v.string()),
  first_name: maybe(v.string()),
  last_name: maybe(v.string()),
  responsible_user_id: v.fallback(maybe(v.number()), null),
  /** Of leads. */
  status_id: v.fallback(maybe(v.number()), null),
  custom_fields_values: v.fallback(
    maybe(
      v.array(
        v.object({
          field_code: maybe(v.string()),
          values: maybe(v.array(v.object({ value: v.optional(v.unknown()) }))),
        }),
      ),
    ),
    null,
  ),
  /** With `with=contacts`: the people of a lead or a customer. With `with=leads`: the leads of a contact or a company. */
  _embedded: v.fallback(
    maybe(
      v.object({
        contacts: maybe(v.array(v.object({ id, is_main: maybe(v.boolean()) }))),
        leads: v.fallback(maybe(v.array(v.object({ id }))), null),
        /** Ids alone, of a contact and a lead: the name takes a request of its own. */
        companies: v.fallback(maybe(v.array(v.object({ id }))), null),
      }),
    ),
    null,
  ),
});
export type EntityAnswer = v.InferOutput<typeof EntitySchema>;

/** `GET /api/v4/{contacts|companies|leads}`, by the name of the list. */
export const CardsSchema = v.object({ _embedded: v.record(v.string(), v.array(EntitySchema)) });

/** `POST /api/v4/calls`. */
export const CallsAnswerSchema = v.object({
  _embedded: maybe(
    v.object({ calls: maybe(v.array(v.object({ entity_id: maybe(v.number()), entity_type: maybe(v.string()) }))) }),
  ),
});

/** A list of notes, as far as call notes need it: other integrations write theirs as they like. */
export const NotesSchema = v.object({
  _embedded: v.object({
    notes: v.array(
      v.object({
        id,
        entity_id: maybe(v.number()),
        created_at: v.fallback(maybe(v.number()), null),
        params: maybe(
          v.object({
            uniq: v.optional(v.unknown()),
            text: v.optional(v.unknown()),
            phone: v.optional(v.unknown()),
            source: v.optional(v.unknown()),
          }),
        ),
      }),
    ),
  }),
});

/** Incoming leads: what `POST /api/v4/leads/unsorted/sip` made and what `GET /api/v4/leads/unsorted` lists. */
export const UnsortedSchema = v.object({
  _embedded: v.object({
    unsorted: v.array(
      v.object({
        source_uid: maybe(v.string()),
        metadata: maybe(
          v.object({
            uniq: v.optional(v.unknown()),
            phone: v.optional(v.unknown()),
            called_at: v.optional(v.unknown()),
            service_code: v.optional(v.unknown()),
          }),
        ),
        _embedded: maybe(v.object({ leads: maybe(v.array(v.object({ id }))) })),
      }),
    ),
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
  /** Batches name each field they refuse. */
  'validation-errors': v.fallback(
    maybe(
      v.array(
        v.object({
          errors: maybe(
            v.array(v.object({ code: maybe(v.string()), path: maybe(v.string()), detail: maybe(v.string()) })),
          ),
        }),
      ),
    ),
    null,
  ),
});
export type Problem = v.InferOutput<typeof ProblemSchema>;
