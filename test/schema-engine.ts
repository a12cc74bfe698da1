import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { SchemaEngine } from '@prisma/schema-engine-wasm'

/**
 * The SQL with which Prisma itself would create a schema, from its own schema engine as WebAssembly (the only form that
 * needs no download). The package is internal to Prisma, so its version is pinned exactly and this file is the only one
 * that knows it; nothing but a test depends on it. (Its diff against a live database fails with this driver adapter, which
 * does not read columns of Postgres' internal type "char".)
 */
export async function sqlOfPrismaSchema(databaseUrl: string, schema: string): Promise<string> {
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: databaseUrl }))
  const engine = await SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, adapter)
  const { stdout } = await engine.diff({
    from: { tag: 'empty' },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  return stdout ?? ''
}
