import type pg from 'pg'

/** Fills `logs.records` as four months of twenty courses would have: made in Postgres itself, without its indexes at first. */

export const COURSES = 20
/** Has almost a third of all conversations; the others share the rest. */
export const BIG_COURSE = 'course-0'
export const DAYS = 112
/** Words by how frequent they are: in most answers, in one of a thousand, in one of a hundred thousand. */
export const WORDS = { frequent: 'gradient', seldom: 'eigenspace', rare: 'zyzzyva' }
export const CHINESE = { frequent: '梯度', seldom: '矩阵秩', rare: '饕餮' }
const CHUNK = 250_000
const TEXTS = 20_000

/** Answers how many conversations there are: fewer than asked for where time ran out. */
export async function seedConversations(
  client: pg.Client,
  { records }: { records: number },
  deadlineMs: number,
  say: (line: string) => void,
): Promise<number> {
  await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'`)
  for (let month = 0; month <= DAYS / 28 + 1; month += 1)
    await client.query(`SELECT logs.add_partition(now() - interval '${month * 28} days')`)
  const indexes = await dropIndexes(client)
  await writeTexts(client)
  const giveUpAt = performance.now() + deadlineMs
  let done = 0
  while (done < records && performance.now() < giveUpAt) {
    const until = Math.min(done + CHUNK, records)
    await client.query(INSERT, [done, until - 1, records])
    done = until
    say(`${done} conversations`)
  }
  for (const definition of indexes) {
    await client.query(definition)
    say(definition.slice(0, 60))
  }
  await client.query(`
    INSERT INTO logs.flags (record_id, started_at, course_id, flagged_by)
    SELECT id, started_at, course_id, 'kim' FROM logs.records TABLESAMPLE SYSTEM (0.04)`)
  await client.query('ANALYZE logs.records; ANALYZE logs.flags')
  say('analysed')
  return done
}

async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i WHERE i.indrelid = 'logs.records'::regclass AND NOT i.indisprimary`,
  )
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`)
  return rows.map(({ definition }) => definition.replace(' ON ONLY ', ' ON '))
}

/** As many different questions and answers as a course has, which the records share. */
async function writeTexts(client: pg.Client): Promise<void> {
  const english = `ARRAY['the','of','function','loss','matrix','learning','network','what','why','how','explain','model','data','error','layer',
    'training','proof','lemma','vector','sum','integral','recursion','pointer','compile','loop','array','index','value','please','example']`
  const chinese = `ARRAY['函数','损失','矩阵','学习','网络','什么','为什么','如何','解释','模型','数据','错误','训练','证明','向量','求和','递归','指针','编译','循环']`
  // `n * 0` makes them anew for each text.
  const words = (count: number) =>
    `array_to_string(ARRAY(
        SELECT CASE WHEN n % 3 = 0 THEN (${chinese})[1 + floor(random() * 20)::int] ELSE (${english})[1 + floor(random() * 30)::int] END
          FROM generate_series(1, ${count} + n * 0)), CASE WHEN n % 3 = 0 THEN '' ELSE ' ' END)`
  await client.query(`
    CREATE TEMP TABLE texts AS
    SELECT n AS number, question, answer, upper(question) AS folded_question, upper(answer) AS folded_answer
      FROM (SELECT n, ${words(12)} AS question,
                   ${words(60)} || CASE WHEN n % 5 < 3 THEN CASE WHEN n % 3 = 0 THEN '${CHINESE.frequent}下降' ELSE ' ${WORDS.frequent} descent' END ELSE '' END AS answer
              FROM generate_series(0, ${TEXTS - 1}) n) made;
    CREATE INDEX ON texts (number); ANALYZE texts`)
}

const INSERT = `
  INSERT INTO logs.records (
    id, course_id, student_id, week, endpoint, stream, model, provider, provider_model, input_tokens, output_tokens, cached_tokens,
    usage_source, charge_tokens, outcome, error_code, started_at, first_token_ms, total_ms, prompt_version_id, prompt_version,
    rule_hits, trace_id, messages, parameters, answers, question, answer, search_text, stored_at)
  SELECT lpad(to_hex(n), 16, '0'), 'course-' || course, 'student-' || course || '-' || (n * 31 % 500), 1 + day / 7, '/v1/chat/completions', true,
         CASE WHEN n % 5000 = 0 THEN 'rare-model' WHEN n % 3 = 0 THEN 'large' ELSE 'small' END, 'demo', 'demo', 200, 150, 20,
         'provider', 350, CASE WHEN n % 40 = 0 THEN 'client_gone' WHEN n % 4000 = 1 THEN 'blocked' ELSE 'completed' END, NULL, at,
         300 + n % 900, 3000, NULL, NULL,
         CASE WHEN n % 10000 = 3 THEN '[{"id":"rule-rare","kind":"guide"}]'::jsonb WHEN n % 20 = 3 THEN '[{"id":"rule-common","kind":"guide"}]'::jsonb
              ELSE '[]'::jsonb END,
         NULL, jsonb_build_array(jsonb_build_object('role', 'user', 'content', question)), '{}',
         jsonb_build_array(jsonb_build_object('text', answer || extra, 'toolCalls', '[]'::jsonb, 'finishReason', 'stop')),
         left(question, 200), left(answer, 200), folded_question || E'\\n\\u001f\\n' || folded_answer || upper(extra), at + interval '2 seconds'
    FROM (
      SELECT n, CASE WHEN n % 10 < 3 THEN 0 ELSE 1 + n * 7 % ${COURSES - 1} END AS course, (n * ${DAYS} / $3::bigint)::integer AS day,
             now() - interval '${DAYS} days' + n * interval '${DAYS} days' / $3::bigint - interval '1 hour' AS at,
             CASE WHEN n % 100000 = 50 THEN ' ${WORDS.rare} ${CHINESE.rare}' WHEN n % 1000 = 51 THEN ' ${WORDS.seldom} ${CHINESE.seldom}' ELSE '' END AS extra
        FROM generate_series($1::bigint, $2::bigint) n
    ) rows JOIN texts ON texts.number = rows.n * 7919 % ${TEXTS}`
