/** The value of `--name=value` or `--name value`, if it was given. */
export function optionOf(args: string[], name: string): string | undefined {
  const at = args.findIndex(arg => arg === `--${name}` || arg.startsWith(`--${name}=`))
  return at < 0 ? undefined : (args[at]?.split('=')[1] ?? args[at + 1])
}

/** `--name=a,b`: the values. */
export const listOf = (args: string[], name: string) => optionOf(args, name)?.split(',')
